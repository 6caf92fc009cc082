"""The item graph: for each source a sparse matrix from item to item, fitted, written and read as one."""

from recommender.engine.graph.content import content_rows
from recommender.engine.graph.crowd import fit_crowd
from recommender.engine.graph.files import write_graph
from recommender.engine.graph.item_graph import Accumulated, ItemGraph

__all__ = ["Accumulated", "ItemGraph", "content_rows", "fit_crowd", "write_graph"]
