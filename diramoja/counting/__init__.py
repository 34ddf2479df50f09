"""Counting: ballots in, winners out, each step in between explained and repeatable. Pure functions on values.

    from diramoja.counting import BUILT_IN, Profile, Ties

    profile = Profile.of("ranking", ["Ayo", "Bahati", "Chausiku"], {(1, 2): 28, (2, 1): 20, (3, 2): 25}, seats=1)
    count = BUILT_IN["instant_runoff"].count(profile, ties=Ties("lot", seed))
    count.winners, count.tie, count.rounds

A plugin adds methods by the hook `register_counting_methods`. Whole numbers only: two machines count alike, always.
"""

from diramoja.counting.blt import read_blt, write_blt
from diramoja.counting.files import read_ballots
from diramoja.counting.lots import commitment, lot_order, lot_seed
from diramoja.counting.majorities import MAJORITIES, Majority
from diramoja.counting.method import Method, Methods
from diramoja.counting.methods import BUILT_IN, all_methods
from diramoja.counting.profile import NO_GRADE, TOP_GRADE, Profile
from diramoja.counting.table import read_csv, write_csv
from diramoja.counting.text import explain
from diramoja.counting.ties import Chooser, Ties
from diramoja.counting.values import Count, Grading, Option, Pairwise, Round, Tie, TieBreak, Transfer

__all__ = [
    "BUILT_IN",
    "MAJORITIES",
    "NO_GRADE",
    "TOP_GRADE",
    "Chooser",
    "Count",
    "Grading",
    "Majority",
    "Method",
    "Methods",
    "Option",
    "Pairwise",
    "Profile",
    "Round",
    "Tie",
    "TieBreak",
    "Ties",
    "Transfer",
    "all_methods",
    "commitment",
    "explain",
    "lot_order",
    "lot_seed",
    "read_ballots",
    "read_blt",
    "read_csv",
    "write_blt",
    "write_csv",
]
