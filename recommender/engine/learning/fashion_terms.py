"""Chinese for the values of the fashion set's attribute columns; a list's first word is the usual one."""

from __future__ import annotations


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """Parse ``English = 中文, 同义词`` lines."""
    rows = (line.split("=", 1) for line in text.strip().splitlines())
    return {english.strip(): tuple(word.strip() for word in chinese.split(",")) for english, chinese in rows}


GENDERS = _table(
    """
    Men = 男士, 男, 男式, 男款
    Women = 女士, 女, 女式, 女款
    Unisex = 男女通用, 中性
    Girls = 女童, 女孩
    Boys = 男童, 男孩
    """
)

USAGES = _table(
    """
    Casual = 休闲
    Formal = 正式, 正装, 商务
    Sports = 运动
    Ethnic = 民族风, 民族
    Smart Casual = 商务休闲
    Travel = 旅行
    """
)

COLOURS = _table(
    """
    Black = 黑色, 黑
    Blue = 蓝色, 蓝
    White = 白色, 白
    Grey = 灰色, 灰
    Brown = 棕色, 褐色, 咖啡色
    Red = 红色, 红
    Navy Blue = 藏青色, 深蓝色, 海军蓝
    Green = 绿色, 绿
    Purple = 紫色, 紫
    Pink = 粉色, 粉红色
    Beige = 米色, 米黄色
    Maroon = 栗色, 酒红色, 暗红色
    Yellow = 黄色, 黄
    Olive = 橄榄绿, 橄榄色
    Silver = 银色, 银
    Steel = 钢色, 不锈钢色
    Orange = 橙色, 橘色
    Cream = 奶油色, 乳白色
    Gold = 金色, 金
    Tan = 棕褐色, 黄褐色
    Multi = 彩色, 多色, 花色
    Charcoal = 炭灰色, 深灰色
    Khaki = 卡其色
    Magenta = 品红色, 洋红色
    Off White = 米白色, 灰白色
    Copper = 铜色
    Lavender = 薰衣草色, 淡紫色
    Peach = 桃色, 桃红色
    Teal = 蓝绿色, 青色
    Mustard = 芥末黄
    Rust = 铁锈色
    Burgundy = 酒红色
    Grey Melange = 麻灰色, 灰色
    Coffee Brown = 咖啡色
    Bronze = 青铜色, 古铜色
    Turquoise Blue = 绿松石色, 湖蓝色
    Taupe = 灰褐色
    Fluorescent Green = 荧光绿
    Sea Green = 海绿色
    Metallic = 金属色
    Nude = 裸色
    Skin = 肤色
    Mauve = 淡紫色
    """
)

ARTICLES = _table(
    """
    Tshirts = T恤, 短袖, T恤衫
    Shirts = 衬衫, 衬衣
    Casual Shoes = 休闲鞋
    Tops = 上衣, 女装上衣
    Kurtas = 库尔塔长衫, 印度长衫
    Sports Shoes = 运动鞋, 跑鞋, 球鞋
    Watches = 手表, 腕表
    Handbags = 手提包, 女包, 手袋
    Heels = 高跟鞋
    Sunglasses = 太阳镜, 墨镜
    Sweaters = 毛衣, 针织衫
    Sandals = 凉鞋
    Wallets = 钱包
    Flip Flops = 人字拖, 拖鞋
    Sweatshirts = 卫衣
    Belts = 皮带, 腰带
    Trousers = 长裤, 裤子, 西裤
    Formal Shoes = 皮鞋, 正装鞋
    Socks = 袜子
    Jeans = 牛仔裤
    Jackets = 夹克, 外套
    Flats = 平底鞋
    Backpacks = 双肩包, 背包
    Briefs = 三角内裤, 内裤
    Innerwear Vests = 背心, 内衣背心
    Shorts = 短裤
    Caps = 帽子, 鸭舌帽, 棒球帽
    Track Pants = 运动裤
    Ties = 领带
    Kurtis = 库尔蒂短衫, 印度短衫
    Dresses = 连衣裙, 裙子
    Mufflers = 围巾, 围脖
    Clutches = 手拿包
    Accessory Gift Set = 配饰礼盒
    Skirts = 半身裙, 短裙
    Scarves = 丝巾, 围巾
    Trunk = 平角内裤
    Perfume and Body Mist = 香水
    Capris = 七分裤
    Tunics = 束腰上衣
    Laptop Bag = 电脑包
    Cufflinks = 袖扣
    Stockings = 长筒袜, 丝袜
    Duffel Bag = 行李袋, 旅行包
    Leggings = 打底裤
    Deodorant = 香体剂
    Mobile Pouch = 手机袋
    Bra = 文胸, 胸罩
    Gloves = 手套
    Tracksuits = 运动套装
    Sports Sandals = 运动凉鞋
    Messenger Bag = 邮差包, 单肩包
    Shoe Accessories = 鞋配件
    Lounge Shorts = 家居短裤
    Umbrellas = 雨伞, 伞
    Fragrance Gift Set = 香水礼盒
    Free Gifts = 赠品
    Dupatta = 印度披巾
    Stoles = 披肩
    Travel Accessory = 旅行配件
    Churidar = 印度紧身裤
    Waist Pouch = 腰包
    Hat = 帽子, 礼帽
    Lounge Pants = 家居裤
    Boxers = 四角裤
    Rucksacks = 登山包
    Kurta Sets = 库尔塔套装
    Footballs = 足球
    Tights = 紧身裤
    Headband = 发带
    Shrug = 短披肩
    Waistcoat = 马甲
    Bracelet = 手链, 手镯
    Necklace and Chains = 项链
    """
)
