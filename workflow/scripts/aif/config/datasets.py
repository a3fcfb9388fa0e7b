"""What a data set of a config may be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Url = Annotated[str, Field(pattern=r"^https?://")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
CellsIn = Literal["rows", "columns"]


class Section(BaseModel):
    """A part of the config: unknown keys are errors, every key is documented."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Table(Section):
    """One text table: with a header and with names in the first column; may be compressed."""

    path: str | None = None
    """The file, relative to the working directory. Give this, or `url` with `sha256`."""
    url: Url | None = None
    """Where to download the file from."""
    sha256: Sha256 | None = None
    """What the file must hash to; optional for a `path`."""

    @model_validator(mode="after")
    def _one_source(self) -> Table:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path, or url with sha256")
        if self.url is not None and self.sha256 is None:
            raise ValueError("url and sha256 go together")
        return self


def each_once(names: list[str]) -> list[str]:
    """Accept a list of names of which none stands twice."""
    if len(set(names)) < len(names):
        raise ValueError("has a name twice; remove one")
    return names


def _as_list(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


SomeTables = Annotated[
    list[Table],
    Field(min_length=1),
    BeforeValidator(_as_list, json_schema_input_type=Table | list[Table]),
]


SomeNames = Annotated[
    list[str],
    BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
    AfterValidator(each_once),
]


class Tables(Section):
    """A data set as text tables, one or a list of each kind."""

    expression: SomeTables
    """Counts. Several are the batches of the data set, of which the genes that all share are kept."""
    cells: SomeTables = []
    """Columns of obs, a row for each cell; several stand for one long table."""
    genes: SomeTables = []
    """Columns of var, a row for each gene."""
    cells_in: CellsIn
    """Where the cells are in the tables of expression."""

    def all(self) -> list[tuple[str, Table]]:
        """Return the tables of all kinds, each after its kind."""
        kinds = ("expression", "cells", "genes")
        return [(kind, table) for kind in kinds for table in getattr(self, kind)]


class Own(Section):
    """A correction that was made elsewhere, of all cells of the data set, matched by their names.

    A path alone will do for a table, or a file that holds nothing besides.
    """

    path: str
    """A file or folder of any form in docs/forms.md, relative to the working directory."""
    expression: str | None = None
    """Corrected expression: X or the name of a layer. Counts are brought to logarithms."""
    embedding: str | None = None
    """The name of an embedding in obsm."""
    graph: str | None = None
    """The name of a neighbour graph in obsp: the weights."""
    uses_types: bool = False
    """Whether it was made with the cell types in hand: then it takes no rank and is not recommended."""

    @model_validator(mode="after")
    def _graph_alone(self) -> Own:
        if self.graph is not None and (self.expression is not None or self.embedding is not None):
            raise ValueError("a graph is judged alone; make it a correction of its own")
        return self


def _as_own(given: Any) -> Any:
    if isinstance(given, str):
        return {"path": given}
    if not isinstance(given, dict):
        raise ValueError("give a path, or {path: FILE, embedding: NAME}")
    return given


OneOwn = Annotated[Own, BeforeValidator(_as_own, json_schema_input_type=str | Own)]


# Keys of a data set that is trained on, which the model of `map_to` has decided.
OF_TRAINING = ("min_cells", "n_top_genes", "keep_genes", "drop_genes", "keep", "corrections")


class Dataset(Section):
    """One data set with raw counts: one file or several, text tables or a simulation."""

    path: str | None = None
    """A file or folder of any form in docs/forms.md, relative to the working directory or to the workflow's
    own folder."""
    url: Url | None = None
    """Where to download a file from."""
    sha256: Sha256 | None = None
    """What the download must hash to."""
    samples: str | None = None
    """A file or folder for each sample: a tab-separated sheet with columns sample and path, or a pattern
    such as `counts/{sample}.h5ad`. Without a batch_key the samples are the batches."""
    tables: Tables | None = None
    """Text tables to read the data set from."""
    simulate: dict[str, Any] | None = None
    """Parameters of a simulation; `preset` takes those of config/simulations.yaml."""
    batch_key: str | Annotated[list[str], Field(min_length=1), AfterValidator(each_once)]
    """The column of obs that names each cell's batch, or several whose combinations do; with samples it may
    be left out and is `sample`, with simulate `batch`."""
    label_key: str | None = None
    """The column of obs that names each cell's type; without it label-based metrics are left out."""
    unlabelled: SomeNames = []
    """Values of the column of types that stand for no type, such as Unknown. Such cells, and cells without a
    value, are corrected and drawn, and left out of the metrics that need a type."""
    keep: SomeNames = []
    """Columns of obs whose effect on expression is to stay, such as a condition: numbers or groups. AIF's
    decoder and auxiliary network know them, and so do scVI, scANVI, SysVI, ComBat and limma."""
    map_to: str | None = None
    """The model.pt of a trained AIF. The cells are then not trained on nor judged: the target `map` corrects
    them by this model and names their types. `reference.pt` is to lie beside it."""
    corrections: dict[Name, OneOwn] = {}
    """Corrections made elsewhere, by the names they shall have in the tables: they are judged, drawn and,
    unless they were made with the cell types in hand, ranked as all others."""
    layer: str | None = None
    """The layer that holds the counts, "raw" for the raw part of the file or "X"; without it X, or what holds
    whole numbers where X does not."""
    gene_names: str | None = None
    """The column of var with the genes' names; without it they are those of the file."""
    genome: str | None = None
    """The genome whose genes are taken, of a file with several."""
    cells_in: CellsIn | None = None
    """Where the cells are in a file that is a text table or a matrix of R; without it their names decide."""
    barcode_suffix: str | None = None
    """The column of obs to put the end of each cell's name into, after its last hyphen: the sample's number
    in what `cellranger aggr` writes."""
    join: Literal["inner", "outer"] = "inner"
    """Which genes of several samples or tables are taken: those that all have, or all, with 0 for what is
    missing."""
    min_genes: int | None = Field(None, ge=1)
    """Keep only cells in which at least that many genes are detected."""
    max_genes: int | None = Field(None, ge=1)
    """Keep only cells in which at most that many genes are detected."""
    max_mito: float | None = Field(None, gt=0, lt=1)
    """Keep only cells of whose counts at most this share is of mitochondrial genes (names with MT-)."""
    min_cells: int | None = Field(None, ge=1)
    """Keep only genes that are detected in at least that many of the cells kept."""
    n_top_genes: int | None = Field(None, ge=3)
    """Keep only that many of the most variable genes (scanpy, within batches)."""
    keep_genes: SomeNames = []
    """Genes that are kept besides the most variable ones."""
    drop_genes: SomeNames = []
    """Genes that are left out, or sets of them: mito, ribo, haemoglobin, immunoglobulin, tcr."""

    @field_validator("max_mito", mode="before")
    @classmethod
    def _is_a_share(cls, given: Any) -> Any:
        if isinstance(given, int | float) and given >= 1:
            raise ValueError("is a share: write 0.1 for 10 %")
        return given

    @model_validator(mode="before")
    @classmethod
    def _known_columns(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("simulate") is not None:
            return {"batch_key": "batch", "label_key": "cell_type", **given}
        if isinstance(given, dict) and given.get("samples") is not None:
            return {"batch_key": "sample", **given}
        return given

    @model_validator(mode="after")
    def _one_source(self) -> Dataset:
        sources = [self.path, self.url, self.samples, self.tables, self.simulate]
        if sources.count(None) != len(sources) - 1:
            raise ValueError(
                "give one of path, url with sha256, samples, tables and simulate, and no more"
            )
        if (self.url is None) != (self.sha256 is None):
            raise ValueError("url and sha256 go together")
        if self.label_key is not None and self.label_key in self.batch_columns:
            raise ValueError(
                f"batch_key and label_key are both {self.label_key!r}, so every cell type would be one "
                "batch; name another column, or leave label_key out"
            )
        if self.unlabelled and self.label_key is None:
            raise ValueError(
                "unlabelled names values of the label_key, which is not given; add label_key, or remove "
                "unlabelled"
            )
        return self

    @model_validator(mode="after")
    def _mapped_as_the_model_is(self) -> Dataset:
        given = [name for name in OF_TRAINING if getattr(self, name)]
        if self.map_to is not None and given:
            raise ValueError(
                f"{given[0]} has no effect beside map_to, as the model has its genes already; remove it"
            )
        return self

    @model_validator(mode="after")
    def _genes_are_kept_or_dropped(self) -> Dataset:
        both = [name for name in self.keep_genes if name in self.drop_genes]
        if both:
            raise ValueError(
                f"keep_genes and drop_genes both name {both[0]!r}; remove it from one of them"
            )
        return self

    @model_validator(mode="after")
    def _keep_is_not_judged(self) -> Dataset:
        reasons = {
            **dict.fromkeys(self.batch_columns, "the batch_key: what is to go cannot stay"),
            self.label_key: "the label_key: what judges a correction cannot shape it",
        }
        for name in self.keep:
            if name in reasons:
                raise ValueError(
                    f"keep names {name!r}, which is {reasons[name]}; remove it from keep"
                )
        return self

    @property
    def batch_columns(self) -> list[str]:
        """The columns that name the batch together."""
        return [self.batch_key] if isinstance(self.batch_key, str) else self.batch_key
