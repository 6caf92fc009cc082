"""What reviewers say, by aspect and polarity, in English and Chinese."""

from __future__ import annotations

Phrases = dict[str, dict[int, tuple[str, ...]]]

ENGLISH: Phrases = {
    "quality": {
        1: (
            "the {material} feels solid",
            "beautifully made",
            "the finish is flawless",
            "the workmanship is excellent",
            "you can tell that it will last",
        ),
        -1: (
            "it came apart within days",
            "the {material} feels cheap",
            "the finish is sloppy",
            "it is badly made",
            "there were scratches all over it",
        ),
    },
    "price": {
        1: (
            "great value for money",
            "a real bargain",
            "worth every cent",
            "cheaper than I expected for this quality",
        ),
        -1: (
            "far too expensive for what it is",
            "overpriced",
            "not worth the money",
            "I paid too much for this",
        ),
    },
    "delivery": {
        1: (
            "it arrived a day early",
            "delivery was quick",
            "the parcel came well packed",
            "shipping was fast",
        ),
        -1: (
            "it took three weeks to arrive",
            "the parcel arrived crushed",
            "delivery was a nightmare",
            "it came late and the box was torn",
        ),
    },
    "service": {
        1: (
            "customer service answered within minutes",
            "the seller was kind and helpful",
            "support solved it at once",
        ),
        -1: (
            "customer service never replied",
            "the seller was rude",
            "nobody answers when you ask for a refund",
        ),
    },
    "fit": {
        1: ("it fits perfectly", "true to size", "the cut is flattering"),
        -1: ("it runs far too small", "the fit is awkward", "the size is completely off"),
    },
    "comfort": {
        1: (
            "so comfortable I forget I have it",
            "very comfortable to use all day",
            "soft and pleasant to the touch",
        ),
        -1: (
            "uncomfortable after ten minutes",
            "it hurts to use it for long",
            "hard and unpleasant to the touch",
        ),
    },
    "colour": {
        1: (
            "the {colour} is even lovelier than in the picture",
            "the colour is gorgeous",
            "I adore the {colour}",
        ),
        -1: (
            "the colour is nothing like the picture",
            "the {colour} looks dull and faded",
            "the colour bled at once",
        ),
    },
    "battery": {
        1: ("the battery lasts for days", "it charges quickly and keeps going", "battery life is superb"),
        -1: ("the battery dies before noon", "it hardly holds a charge", "battery life is a joke"),
    },
    "sound": {
        1: ("the sound is warm and clear", "it sounds wonderful", "rich sound, lovely low notes"),
        -1: ("the sound is tinny", "it buzzes and crackles", "it sounds hollow and harsh"),
    },
    "camera": {
        1: ("the camera takes stunning pictures", "photos are sharp even at night"),
        -1: ("the camera is blurry", "photos come out grainy and dark"),
    },
}

CHINESE: Phrases = {
    "quality": {
        1: ("做工非常精致", "{material}质感很好", "质量没得说", "用料扎实", "细节处理得很到位"),
        -1: ("用了几天就坏了", "{material}摸起来很廉价", "做工粗糙", "质量太差了", "到处都是划痕"),
    },
    "price": {
        1: ("性价比超高", "价格很实惠", "物有所值", "这个价位很划算"),
        -1: ("太贵了不值这个价", "性价比很低", "价格虚高", "感觉被坑了钱"),
    },
    "delivery": {
        1: ("物流很快", "第二天就到了", "包装很严实", "发货速度快"),
        -1: ("等了三个星期才到", "快递太慢了", "包装破损严重", "箱子都压扁了"),
    },
    "service": {
        1: ("客服态度很好", "卖家很热情", "售后处理很及时"),
        -1: ("客服根本不理人", "卖家态度恶劣", "退款一直没人处理"),
    },
    "fit": {
        1: ("尺码很合适", "大小刚刚好", "版型很显身材"),
        -1: ("尺码偏小太多", "版型很奇怪", "大小完全不对"),
    },
    "comfort": {
        1: ("用起来很舒服", "手感柔软舒适", "用一整天也不累"),
        -1: ("用一会儿就不舒服", "硬邦邦的很难受", "一点也不舒适"),
    },
    "colour": {
        1: ("{colour}比图片还好看", "颜色很正", "特别喜欢这个{colour}"),
        -1: ("颜色和图片完全不一样", "{colour}看起来很暗淡", "一洗就掉色"),
    },
    "battery": {
        1: ("续航很给力", "充电快又耐用", "电池能用好几天"),
        -1: ("电池半天就没电了", "续航太差", "根本充不满电"),
    },
    "sound": {
        1: ("音质温暖清晰", "声音很好听", "低音饱满"),
        -1: ("声音刺耳", "有杂音和电流声", "音色又空又闷"),
    },
    "camera": {
        1: ("拍照非常清晰", "夜景也很清楚"),
        -1: ("拍照很模糊", "照片全是噪点"),
    },
}

#: Sentence frames: around one opinion, joining two that agree, joining two that do not.
FRAMES = {
    "en": {
        "open": {
            1: (
                "I love this {noun}.",
                "Very happy with my {noun}.",
                "Exactly what I was looking for.",
                "My second one already!",
                "Bought it for my sister and she is delighted.",
                "",
            ),
            0: (
                "It is all right.",
                "Mixed feelings about this {noun}.",
                "Decent, with flaws.",
                "Three stars, and here is why.",
            ),
            -1: (
                "Disappointed with this {noun}.",
                "I regret buying it.",
                "Sent it back.",
                "Stay away from this one.",
                "",
            ),
        },
        "and": ("{0}, and {1}", "{0}; {1}", "{0}. Also, {1}"),
        "but": ("{0}, but {1}", "{0}, although {1}", "{0}. However, {1}"),
        "close": {
            1: ("Recommended!", "Would buy again.", "Five stars from me.", ""),
            0: ("You get what you pay for.", "Perhaps in the sale.", ""),
            -1: ("Never again.", "I want my money back.", "Do not buy.", ""),
        },
    },
    "zh": {
        "open": {
            1: (
                "很喜欢这款{noun}！",
                "非常满意。",
                "正是我想要的。",
                "已经第二次回购了。",
                "送给妹妹，她很开心。",
                "",
            ),
            0: ("还可以吧。", "感受比较复杂。", "中规中矩。", "三星，说说原因。"),
            -1: ("对这款{noun}很失望。", "后悔买了。", "已经退货了。", "大家别买。", ""),
        },
        "and": ("{0}，而且{1}", "{0}，{1}", "{0}。另外{1}"),
        "but": ("{0}，但是{1}", "{0}，不过{1}", "虽然{0}，可是{1}"),
        "close": {
            1: ("推荐购买！", "还会再来。", "五星好评。", ""),
            0: ("一分钱一分货。", "打折可以考虑。", ""),
            -1: ("再也不买了。", "要求退款。", "千万别买。", ""),
        },
    },
}

#: Words that praise under one or two stars.
SARCASM = {
    "en": (
        "Wonderful, if you enjoy waiting: {negative}. Bravo.",
        "Oh great, {negative}. Just what I always wanted.",
        "Brilliant {noun}. It works perfectly as a paperweight: {negative}.",
        "Congratulations, really. {negative_c}. What a treat.",
        "I love it when {negative}. Ten out of ten for comedy.",
    ),
    "zh": (
        "真是太棒了，{negative}，我好开心哦。",
        "呵呵，{negative}，你们可真厉害。",
        "恭喜恭喜，{negative}，真会做生意。",
        "这{noun}简直完美，{negative}，当摆设刚刚好。",
        "感谢商家给我上了一课，{negative}。",
    ),
}

#: What is written about the bad batch.
INCIDENT = {
    "en": (
        "The {noun} broke on the first day. {negative_c}. Is this a bad batch?",
        "Mine arrived defective, like everyone else's this week: {negative}. Unacceptable!",
        "What has happened to this {noun}? The old one was fine, the new one is rubbish: {negative}.",
        "Dangerous! A part snapped off and cut my hand. {negative_c}. Recall it!",
    ),
    "zh": (
        "{noun}第一天就坏了，{negative}，是不是这一批有问题？",
        "收到就是坏的，看评论大家都一样，{negative}，太气人了！",
        "以前买的很好，这次的简直是次品，{negative}！",
        "零件直接断了还划伤了手，{negative}，必须召回！",
    ),
}
