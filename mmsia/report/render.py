"""Templates filled in, every text made harmless for the markup it goes into."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_TEMPLATES = Path(__file__).with_name("templates")


def render(name: str, context: Mapping[str, Any]) -> str:
    """Fill in a template; HTML is escaped, a missing value is an error."""
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["md"] = escape_markdown
    templates.filters["tex"] = escape_latex
    return templates.get_template(f"{name}.jinja").render(context)


def escape_markdown(text: Any) -> str:
    """Text that cannot break a Markdown table or become markup."""
    plain = " ".join(str(text).split()).replace("\\", "\\\\")
    for sign in "|*_`[]":
        plain = plain.replace(sign, f"\\{sign}")
    return plain.replace("<", "&lt;").replace(">", "&gt;")


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "\N{MINUS SIGN}": "$-$",
    "\N{EN DASH}": "--",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def escape_latex(text: Any) -> str:
    """Text in which every sign that LaTeX reads as a command is written out."""
    return "".join(_LATEX.get(sign, sign) for sign in " ".join(str(text).split()))
