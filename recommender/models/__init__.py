"""What the site remembers. One module per noun; reads are QuerySet methods."""

from recommender.models.catalog import Category, Item
from recommender.models.events import Impression, Interaction, Review
from recommender.models.imports import ImportBatch, ImportIssue
from recommender.models.jobs import Job
from recommender.models.media import Media
from recommender.models.people import ApiToken, Profile, Role, RolePermission
from recommender.models.serving import ModelVersion
from recommender.models.spaces import Embedding, EncoderSpace, IndexSnapshot

__all__ = [
    "ApiToken",
    "Category",
    "Embedding",
    "EncoderSpace",
    "ImportBatch",
    "ImportIssue",
    "Impression",
    "IndexSnapshot",
    "Interaction",
    "Item",
    "Job",
    "Media",
    "ModelVersion",
    "Profile",
    "Review",
    "Role",
    "RolePermission",
]
