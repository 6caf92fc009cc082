"""How well an order of items foretells what people did next: full ranking, training items left out."""

from recommender.engine.evaluation.files import read_features, read_interactions
from recommender.engine.evaluation.graph import fit_graph, graph_scores
from recommender.engine.evaluation.metrics import evaluate, ndcg_at_k, recall_at_k, top_items

__all__ = [
    "evaluate",
    "fit_graph",
    "graph_scores",
    "ndcg_at_k",
    "read_features",
    "read_interactions",
    "recall_at_k",
    "top_items",
]
