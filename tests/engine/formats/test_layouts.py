"""What columns mean: known layouts, names in two languages, and corrections by hand."""

from __future__ import annotations

import pytest

from recommender.engine.formats import FIELDS, check_mapping, guess_kind, guess_mapping, open_source
from recommender.errors import FormatError
from tests.engine.formats.reading import read, write, write_lines

SHOPIFY_HEADER = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,"
    "Variant Price,Image Src,Image Position,Image Alt Text,Status\n"
)
SHOPIFY = SHOPIFY_HEADER + (
    'wool-hat,Wool hat,<p>Warm &amp; <b>soft</b></p>,Acme,Hats,"warm, wool",true,Size,S,WH-S,19.90,'
    "https://x.example/1.jpg,1,From the front,active\n"
    "wool-hat,,,,,,,,M,WH-M,19.90,https://x.example/2.jpg,2,,\n"
    "wool-hat,,,,,,,,L,WH-L,21.90,,,,\n"
    "cap,Cap,,Acme,Hats,,true,,,CP,9,,,,draft\n"
)


def test_a_shopify_product_of_many_rows_is_one_item(tmp_path):
    records, problems = read(write(tmp_path / "products.csv", SHOPIFY))
    assert not problems
    hat, cap = records
    assert (hat.row, cap.row) == (2, 5)
    assert hat.values["external_id"] == "wool-hat"
    assert hat.values["description"] == "Warm & soft"
    assert hat.values["category"] == "Hats"
    assert str(hat.values["price"]) == "19.90"
    assert hat.values["attributes"] == {"Vendor": "Acme", "Tags": "warm, wool"} or hat.values[
        "attributes"
    ] == {
        "vendor": "Acme",
        "tags": "warm, wool",
    }
    assert [(ref.url, ref.caption) for ref in hat.media] == [
        ("https://x.example/1.jpg", "From the front"),
        ("https://x.example/2.jpg", ""),
    ]
    assert cap.values["availability"] == "unavailable"


def test_the_fashion_table_is_known(tmp_path):
    header = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,"
    header += "productDisplayName,split"
    path = write(
        tmp_path / "styles.csv",
        f"{header}\n1,Men,Apparel,Bottomwear,Shorts,Black,Fall,2011,Sports,Puma Shorts,test\n",
    )
    (record,), _ = read(path)
    assert record.values["category"] == "Apparel > Bottomwear > Shorts"
    assert record.values["title"] == "Puma Shorts"
    assert record.values["attributes"]["baseColour"] == "Black"
    assert "split" not in record.values["attributes"]


def test_chinese_columns_are_understood(tmp_path):
    path = write(
        tmp_path / "a.csv",
        "商品编号,商品名称,商品描述,价格,类目,图片链接,颜色\n7,红裙,真丝,¥99,服装 > 裙,http://x.example/7.jpg,红\n",
    )
    (record,), problems = read(path)
    assert not problems
    assert record.values["title"] == "红裙"
    assert record.values["currency"] == "CNY"
    assert record.values["attributes"] == {"颜色": "红"}
    assert record.media[0].url == "http://x.example/7.jpg"


def test_chinese_reviews_and_events_are_told_apart():
    assert guess_kind(("用户", "商品", "评论", "评分")) == "review"
    assert guess_kind(("用户", "商品", "行为", "时间")) == "interaction"
    assert guess_kind(("编号", "标题", "价格")) == "item"


def test_amazon_reviews_are_reviews(tmp_path):
    row = {
        "reviewerID": "A1",
        "asin": "B0",
        "reviewerName": "Ann",
        "helpful": [0, 0],
        "reviewText": "Great cup",
        "overall": 5.0,
        "summary": "Love it",
        "unixReviewTime": 1252800000,
        "reviewTime": "09 13, 2009",
    }
    (record,), problems = read(write_lines(tmp_path / "reviews.jsonl", [row]))
    assert not problems
    assert record.kind == "review"
    assert record.values["user"] == "A1"
    assert record.values["text"] == "Great cup"
    assert record.values["title"] == "Love it"
    assert record.values["timestamp"].year == 2009


def test_of_two_sizes_of_an_amazon_picture_the_larger_is_taken():
    columns = ["asin", "title", "imageURL", "imageURLHighRes", "also_view"]
    mapping = guess_mapping(columns, "item")
    assert mapping == {"asin": "external_id", "title": "title", "imageURLHighRes": "image_urls"}
    assert guess_mapping(["asin", "title", "imageURL"], "item")["imageURL"] == "image_urls"


def test_the_newer_amazon_metadata_is_understood(tmp_path):
    row = {
        "main_category": "All Beauty",
        "title": "Lotion",
        "average_rating": 4.8,
        "features": ["soft", "light"],
        "description": ["For dry skin"],
        "price": None,
        "images": [{"thumb": "http://x.example/t.jpg", "large": "http://x.example/l.jpg"}],
        "videos": [],
        "store": "Acme",
        "categories": ["Beauty", "Skin"],
        "parent_asin": "B01",
    }
    (record,), problems = read(write_lines(tmp_path / "meta.jsonl", [row]))
    assert not problems
    assert record.values["external_id"] == "B01"
    assert record.values["description"] == "For dry skin"
    assert record.values["price"] is None
    assert record.media[0].url == "http://x.example/l.jpg"


def test_captions_of_one_picture_are_one_item(tmp_path):
    path = write(tmp_path / "captions.csv", "image,caption\na.jpg,A dog .\na.jpg,Two dogs .\nb.jpg,A cat .\n")
    records, _ = read(path)
    assert [record.values["description"] for record in records] == ["A dog .\nTwo dogs .", "A cat ."]


def test_several_picture_columns_are_all_taken():
    mapping = guess_mapping(("id", "title", "image1", "image_2", "Image URL"), "item")
    assert mapping["image1"] == mapping["image_2"] == "image_paths"
    assert mapping["Image URL"] == "image_urls"


def test_the_more_telling_name_wins():
    mapping = guess_mapping(("name", "title", "type", "category", "id", "sku"), "item")
    assert (mapping["title"], mapping["category"], mapping["id"]) == ("title", "category", "external_id")
    assert mapping["name"] == "attr:name"


def test_columns_of_the_error_report_are_ignored():
    mapping = guess_mapping(("id", "title", "import:row", "import:reason", "attr:colour"), "item")
    assert mapping == {"id": "external_id", "title": "title", "attr:colour": "attr:colour"}


def test_a_mapping_by_hand_overrides_the_guess(tmp_path):
    path = write(tmp_path / "a.csv", "a,b,c\nx,Hat,red\n")
    (record,), _ = read(path, "item", {"a": "external_id", "b": "title", "c": "attr:colour"})
    assert record.values == {
        "external_id": "x",
        "title": "Hat",
        "attributes": {"colour": "red"},
        "media_kinds": (),
    }


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"a": "external_id", "nope": "title"}, "no column 'nope'"),
        ({"a": "external_id", "b": "colour"}, "not a field"),
        ({"a": "title"}, "mapped to external_id"),
        ({"a": "external_id", "b": "title", "c": "title"}, "both mapped to title"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_at_once(mapping, message):
    with pytest.raises(FormatError, match=message):
        check_mapping(mapping, "item", ("a", "b", "c"))


def test_every_bad_cell_of_a_row_is_named(tmp_path):
    path = write(tmp_path / "a.csv", 'id,title,price,availability\n1,,"12,5O",perhaps\n2,Cap,3,yes\n')
    records, problems = read(path)
    assert [record.values["external_id"] for record in records] == ["2"]
    assert [problem.column for problem in problems] == ["title", "price", "availability"]
    assert all(problem.row == 2 and problem.reason and problem.remedy for problem in problems)
    assert problems[1].value == "12,5O"
    assert problems[1].raw["id"] == "1"


def test_a_preview_shows_the_rows_as_they_are(tmp_path):
    with open_source(write(tmp_path / "a.csv", "id,title\n1,Hat\n2,Cap\n3,Sock\n")) as source:
        assert source.preview(2) == [{"id": "1", "title": "Hat"}, {"id": "2", "title": "Cap"}]


def test_every_field_explains_itself():
    for fields in FIELDS.values():
        assert all(field.help for field in fields)


def test_the_amazon_metadata_of_2023_keeps_its_tree_of_categories(tmp_path):
    row = {
        "parent_asin": "B1",
        "main_category": "Baby",
        "title": "Cup",
        "images": [{"large": "http://x.y/l.jpg"}],
    }
    row |= {"categories": ["Baby Products", "Feeding", "Cups"], "videos": [], "store": "Acme"}
    (record,), problems = read(write_lines(tmp_path / "meta.jsonl", [row]))
    assert not problems
    assert record.values["category"] == "Baby > Baby Products > Feeding > Cups"
    assert record.values["attributes"] == {"store": "Acme"}
    assert record.media[0].url == "http://x.y/l.jpg"


def test_of_two_dates_of_an_item_the_more_telling_name_counts():
    mapping = guess_mapping(["id", "name", "created_at", "published_at"], "item")
    assert mapping["published_at"] == "published_at"
    assert mapping["created_at"] == "attr:created_at"
    assert guess_mapping(["编号", "名称", "上架日期"], "item")["上架日期"] == "published_at"


def test_a_shopify_product_keeps_when_it_was_published_but_not_whether():
    mapping = guess_mapping(["Handle", "Title", "Body (HTML)", "Published", "published_at"], "item")
    assert mapping["published_at"] == "published_at"
    assert "Published" not in mapping
