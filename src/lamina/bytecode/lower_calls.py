"""How calls and the making of functions are rewritten: what changed most between versions."""

from __future__ import annotations

from collections.abc import Callable

from lamina.bytecode.operations import Making, Pairs, Rule, Site, Steps


def _pairs(star: bool, double_star: bool) -> Callable[[Site], Steps]:
    """Up to 3.5: the counts of positional and of keyword arguments in one byte each."""

    def rule(site: Site) -> Steps:
        keywords = site.arg >> 8
        star_first = star and keywords > 0 and site.minor == 5
        return [("CALL_PAIRS", Pairs(site.arg & 0xFF, keywords, star, double_star, star_first))]

    return rule


def _call_function(site: Site) -> Steps:
    return [("CALL_FLAT", site.arg)] if site.minor >= 6 else _pairs(False, False)(site)


def _call_function_kw(site: Site) -> Steps:
    return [("CALL_NAMED_FLAT", site.arg)] if site.minor >= 6 else _pairs(False, True)(site)


def _call_function_ex(site: Site) -> Steps:
    with_keywords = site.minor >= 14 or bool(site.arg & 1)
    return [("CALL_STAR", (with_keywords, site.minor < 11))]


def _make_function(site: Site) -> Steps:
    if site.minor >= 6:
        flags = site.arg if site.minor < 13 else 0
        return [("FUNCTION", Making(flags=flags, qualname=site.minor < 11))]
    return [("FUNCTION", _counted(site, flags=0))]


def _make_closure(site: Site) -> Steps:
    return [("FUNCTION", _counted(site, flags=8))]


def _counted(site: Site, flags: int) -> Making:
    """Up to 3.5 the argument counts the defaults; in 2.7 nothing else fits a function."""
    if site.minor == 0:
        return Making(flags=flags, defaults=site.arg)
    annotations = site.arg >> 16 & 0x7FFF
    return Making(
        flags=flags,
        qualname=True,
        defaults=site.arg & 0xFF,
        keyword_defaults=site.arg >> 8 & 0xFF,
        annotations=max(annotations - 1, 0),
    )


CALLS: dict[str, Rule] = {
    "CALL_FUNCTION": _call_function,
    "CALL_FUNCTION_KW": _call_function_kw,
    "CALL_FUNCTION_VAR": _pairs(True, False),
    "CALL_FUNCTION_VAR_KW": _pairs(True, True),
    "CALL_FUNCTION_EX": _call_function_ex,
    "CALL_METHOD": lambda site: [("CALL", site.arg)],
    "CALL": lambda site: [("CALL", site.arg)],
    "CALL_KW": lambda site: [("CALL_NAMED", site.arg)],
    "KW_NAMES": lambda site: [("KEYWORDS", site.arg)],
    "MAKE_FUNCTION": _make_function,
    "MAKE_CLOSURE": _make_closure,
    "SET_FUNCTION_ATTRIBUTE": lambda site: [("SET_FUNCTION", site.arg)],
}
