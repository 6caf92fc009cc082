"""The canonical fields of items, interactions and reviews, and the column names that are taken for them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from recommender.contracts import RecordKind
from recommender.said import gettext_noop as _
from recommender.said import say

#: Columns of the downloadable error report; ignored when the corrected file is imported again.
REPORT_PREFIX = "import:"
#: begins the columns of such a report that hold cells beyond the header's
SURPLUS_PREFIX = REPORT_PREFIX + "surplus "
ATTRIBUTE_PREFIX = "attr:"


_KINDS: dict[str, str] = {"item": _("items"), "interaction": _("interactions"), "review": _("reviews")}


def kinds_named(*kinds: str) -> str:
    """What files hold, in words: "items and reviews"."""
    first, *others = kinds
    named: str = say(_KINDS[first])
    for kind in others:
        named = say(_("{one} and {other}"), one=named, other=say(_KINDS[kind]))
    return named


@dataclass(frozen=True, slots=True)
class Field:
    """A canonical field.

    Attributes:
        name: as the mapping names it.
        parse: name of the parser in ``values.PARSERS``.
        aliases: column names taken for it, in their compared form (``column_key``).
        required: a row without it is rejected.
        help: one line for the mapping page.
    """

    name: str
    parse: str
    aliases: tuple[str, ...]
    help: str
    required: bool = False


def _field(name: str, parse: str, aliases: str, help_: str, *, required: bool = False) -> Field:
    return Field(name, parse, (column_key(name), *aliases.split()), help_, required)


@lru_cache(maxsize=10_000)
def column_key(name: str) -> str:
    """A column's name as it is compared: NFKC, lower case, letters and digits only."""
    return "".join(char for char in unicodedata.normalize("NFKC", name).lower() if char.isalnum())


_LANGUAGE = _field("language", "language", "lang locale 语言 語言", "zh, en or another code")
_TIMESTAMP = _field(
    "timestamp",
    "timestamp",
    "time date datetime createdat created unixreviewtime reviewtime eventtime ratedat when ts "
    "时间 日期 评论时间",
    "ISO 8601, or seconds or milliseconds since 1970",
)
_USER = _field(
    "user",
    "key150",
    "userid username user account customer customerid reviewer reviewerid member memberid author uid "
    "用户 用户id 用户名 会员 顾客 客户",
    "user name; unknown people are created without a password",
    required=True,
)
_ITEM = _field(
    "item",
    "key",
    "itemid externalid productid product asin parentasin movieid sku goodsid "
    "商品 商品id 商品编号 物品 物品id 货号",
    "external id of an item in the catalogue",
    required=True,
)

FIELDS: dict[RecordKind, tuple[Field, ...]] = {
    "item": (
        _field(
            "external_id",
            "key",
            "id itemid productid sku variantsku handle asin parentasin movieid goodsid code uid "
            "编号 商品编号 商品id 货号 商品货号 物品id",
            "the catalogue's own key",
            required=True,
        ),
        _field(
            "title",
            "title",
            "name productname productdisplayname producttitle itemname movietitle headline "
            "标题 名称 商品名称 商品标题 品名 产品名称 商品名",
            "what it is called",
            required=True,
        ),
        _field(
            "description",
            "text",
            "body bodyhtml details summary abstract overview caption captions longdescription "
            "productdescription features plot 描述 商品描述 详情 简介 介绍 说明 商品详情",
            "a longer text; markup is stripped",
        ),
        _field(
            "title_zh",
            "title",
            "titlecn titlechinese chinesetitle namezh namecn 中文标题 中文名称",
            "Chinese title",
        ),
        _field(
            "description_zh",
            "text",
            "descriptioncn descriptionchinese chinesedescription 中文描述",
            "Chinese description",
        ),
        _LANGUAGE,
        _field(
            "category",
            "category",
            "productcategory categorypath producttype maincategory department section type "
            "类别 分类 类目 品类 商品分类 商品类目",
            "a path such as Clothing > Dresses; several columns are joined in order",
        ),
        _field("category_zh", "category", "categorycn 中文类别 中文分类", "the same path in Chinese"),
        _field(
            "categories",
            "categories",
            "genres genre",
            "several categories; the first is the item's place, all are kept as an attribute",
        ),
        _field(
            "price",
            "price",
            "variantprice saleprice listprice unitprice amount cost 价格 售价 单价 价钱 现价",
            "e.g. 12.50",
        ),
        _field(
            "currency",
            "currency",
            "pricecurrency currencycode 货币 币种",
            "e.g. EUR; a sign in the price will do",
        ),
        _field(
            "availability",
            "availability",
            "status available instock active published state 状态 库存状态 上架 是否上架",
            "available, unavailable or retired",
        ),
        _field(
            "published_at",
            "published",
            "publishedat publishdate publisheddate publicationdate datepublished createdat created "
            "datecreated creationdate addedat dateadded 发布时间 发布日期 上架时间 上架日期 创建时间",
            "since when it is offered, such as 2024-05-31",
        ),
        _field(
            "image_paths",
            "names",
            "image images imagepath imagefile imagefiles picture pictures photo photos filename file poster "
            "posterpath thumbnail 图片 图像 照片 主图 图片路径 商品图片",
            "pictures in the archive, several with | between",
        ),
        _field(
            "image_urls",
            "names",
            "imageurl imageurls imagesrc imurl imageurlhighres imagelink additionalimagelink pictureurl "
            "photourl posterurl thumbnailurl cocourl 图片链接 图片地址 图片网址",
            "http(s) addresses of pictures",
        ),
        _field(
            "image_captions",
            "captions",
            "imagealt imagealttext alttext alt 图片说明",
            "a caption for each picture",
        ),
        _field(
            "audio_paths",
            "names",
            "audio audiopath audiofile sound soundfile voice recording 音频 录音 声音 语音",
            "sounds in the archive",
        ),
        _field("audio_urls", "names", "audiourl soundurl 音频链接", "http(s) addresses of sounds"),
        _field(
            "video_paths",
            "names",
            "video videopath videofile film movie clip 视频 影片",
            "films in the archive",
        ),
        _field(
            "video_urls",
            "names",
            "videourl filmurl trailer trailerurl 视频链接",
            "http(s) addresses of films",
        ),
        _field("attributes", "attributes", "attrs properties specs 属性 规格", "a JSON object"),
    ),
    "interaction": (
        _USER,
        _ITEM,
        _field(
            "kind",
            "kind",
            "event eventtype action actiontype behavior behaviour type interaction "
            "行为 事件 动作 行为类型 类型",
            "view, click, like, dislike, hide, save, purchase or rating",
        ),
        _field(
            "value",
            "number",
            "rating score stars overall weight count 评分 分数 打分 星级",
            "a number; the stars of a rating",
        ),
        _TIMESTAMP,
    ),
    "review": (
        _field("external_id", "key", "id reviewid commentid 编号 评论id 评论编号", "the review's own key"),
        _USER,
        _ITEM,
        _field("title", "title", "summary reviewtitle headline 标题", "a heading, set before the text"),
        _field(
            "text",
            "text",
            "review reviewtext body comment content message reviewbody 评论 评价 评论内容 内容 评价内容 点评",
            "what was said",
        ),
        _field("rating", "stars", "overall stars score value 评分 星级 分数 打分", "1 to 5"),
        _LANGUAGE,
        _TIMESTAMP,
        _field(
            "photo_paths",
            "names",
            "photo photos image images imagepaths picture pictures 图片 照片 晒图",
            "photos in the archive",
        ),
        _field("photo_urls", "names", "photourl imageurl imageurls", "http(s) addresses of photos"),
        _field(
            "audio_paths",
            "names",
            "audio voice voicepath recording sound 语音 录音 音频",
            "a voice recording in the archive",
        ),
        _field("audio_urls", "names", "audiourl voiceurl", "http(s) address of a voice recording"),
    ),
}

FIELD_BY_NAME: dict[RecordKind, dict[str, Field]] = {
    kind: {field.name: field for field in fields} for kind, fields in FIELDS.items()
}

_ALIASES: dict[RecordKind, dict[str, str]] = {
    kind: {alias: field.name for field in reversed(fields) for alias in field.aliases}
    for kind, fields in FIELDS.items()
}

#: Fields that may be filled from several columns, joined in the order of the columns.
MULTIPLE = frozenset(
    {"category", "category_zh", "description", "description_zh"}
    | {f"{kind}_{form}" for kind in ("image", "audio", "video", "photo") for form in ("paths", "urls")}
)


def field_for(kind: RecordKind, column: str) -> str:
    """Canonical field that ``column`` is taken for by its name alone; empty when none is."""
    return _ALIASES[kind].get(column_key(column), "")


def is_known_column(name: str) -> bool:
    """Whether a cell reads as a column name of any kind of record."""
    if name.startswith((REPORT_PREFIX, ATTRIBUTE_PREFIX)):
        return True
    key = column_key(name)
    return bool(key) and any(key in aliases for aliases in _ALIASES.values())
