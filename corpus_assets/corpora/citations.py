"""How the corpora, and VMAF, are cited, and where their terms of use are to be read.

Sources: the publications. `terms` are facts about where the clips come from, and no
licence: the terms of a corpus are what its `site` says, which may change and is not repeated here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """A publication; `authors` as `Family, Given`, `kind` as BibTeX calls it.

    `pages`, `doi` and `url` are empty where there is none.
    """

    key: str
    kind: str
    authors: tuple[str, ...]
    title: str
    venue: str
    year: int
    volume: str = ""
    pages: str = ""
    doi: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class CitedCorpus:
    """A corpus: its name, its publication, what is known of its terms, and its site."""

    name: str
    key: str
    reference: Reference
    terms: str
    site: str


VMAF = Reference(
    key="li2016vmaf",
    kind="misc",
    authors=(
        "Li, Zhi",
        "Aaron, Anne",
        "Katsavounidis, Ioannis",
        "Moorthy, Anush",
        "Manohara, Megha",
    ),
    title="Toward A Practical Perceptual Video Quality Metric",
    venue="Netflix Technology Blog",
    year=2016,
    url="https://netflixtechblog.com/"
    "toward-a-practical-perceptual-video-quality-metric-653f208b9652",
)
"""Presents VMAF, and the Netflix Public data set."""

NETFLIX_PUBLIC = CitedCorpus(
    name="Netflix Public",
    key="netflix_public",
    reference=VMAF,
    terms="the raw files state none",
    site="https://github.com/Netflix/vmaf/blob/master/resource/doc/datasets.md",
)
KONVID_1K = CitedCorpus(
    name="KoNViD-1k",
    key="konvid_1k",
    reference=Reference(
        key="hosu2017konvid",
        kind="inproceedings",
        authors=(
            "Hosu, Vlad",
            "Hahn, Franz",
            "Jenadeleh, Mohsen",
            "Lin, Hanhe",
            "Men, Hui",
            "Szirányi, Tamás",
            "Li, Shujun",
            "Saupe, Dietmar",
        ),
        title="The Konstanz natural video database (KoNViD-1k)",
        venue="Ninth International Conference on Quality of Multimedia Experience (QoMEX)",
        year=2017,
        pages="1-6",
        doi="10.1109/QoMEX.2017.7965673",
    ),
    terms="the clips were taken from YFCC100M, whose videos are under "
    "the Creative Commons licences that their uploaders chose",
    site="http://database.mmsp-kn.de/konvid-1k-database.html",
)
BVI_DVC = CitedCorpus(
    name="BVI-DVC",
    key="bvi_dvc",
    reference=Reference(
        key="ma2022bvidvc",
        kind="article",
        authors=("Ma, Di", "Zhang, Fan", "Bull, David R."),
        title="BVI-DVC: A Training Database for Deep Video Compression",
        venue="IEEE Transactions on Multimedia",
        year=2022,
        volume="24",
        pages="3847-3858",
        doi="10.1109/TMM.2021.3108943",
    ),
    terms="the clips come from several collections, whose own terms may apply",
    site="https://fan-aaron-zhang.github.io/BVI-DVC/",
)
