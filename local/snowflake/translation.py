"""fakesnow's some seventy rewritings of a statement, of which most have nothing to do with any one statement.

Each walks the whole tree, which costs more than all else the twin does. A rewriting begins by asking whether a node is of
certain classes; where a tree has none of them it is left out.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from types import CodeType
from typing import Any

from fakesnow import transforms
from sqlglot import Expr, exp

Rewriting = Callable[..., Expr]


def unchanged(node: Expr) -> Expr:
    """In place of a rewriting that is not wanted."""
    return node


class Chain:
    """Stands in for a tree where fakesnow calls `tree.transform(f).transform(g)…`; `tree` is what came of it."""

    def __init__(self, tree: Expr) -> None:
        self.tree = tree
        self._classes: set[type] | None = None

    def transform(self, rewriting: Rewriting, *args: Any, copy: bool = False, **kwargs: Any) -> 'Chain':
        if rewriting is unchanged:
            return self
        wanted = classes_of(rewriting)
        if wanted is None or not wanted.isdisjoint(self._present()):
            self.tree = self.tree.transform(rewriting, *args, copy=copy, **kwargs)
            self._classes = None
        return self

    def _present(self) -> set[type]:
        if self._classes is None:
            self._classes = {base for kind in {type(node) for node in self.tree.walk()} for base in kind.__mro__}
        return self._classes


_known: dict[CodeType, frozenset[type] | None] = {}


def classes_of(rewriting: Rewriting) -> frozenset[type] | None:
    """Classes that a rewriting asks its node to be of; None when it does not ask, and may change any."""
    code = rewriting.__code__
    if code not in _known:
        _known[code] = _asked(_behind(rewriting))
    return _known[code]


def _behind(rewriting: Rewriting) -> Rewriting:
    """fakesnow's own function, where a lambda only hands its node on to one."""
    if rewriting.__name__ != '<lambda>':
        return rewriting
    named = [getattr(transforms, name, None) for name in rewriting.__code__.co_names]
    functions = [each for each in named if inspect.isfunction(each)]
    return functions[0] if len(functions) == 1 else rewriting


# those that ask by way of other functions
_ASKED = {'alter_table_strip_cluster_by': (exp.Alter, exp.Command), 'update_variables': (exp.Set, exp.Alias)}


def _asked(function: Rewriting) -> frozenset[type] | None:
    if function.__name__ == '<lambda>':
        return None
    if function.__name__ in _ASKED:
        return frozenset(_ASKED[function.__name__])
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    node = next(iter(inspect.signature(function).parameters))
    found = [kind for call in ast.walk(definition) if _asks(call, node) for kind in _kinds(call.args[1])]
    classes = [getattr(exp, name, None) for name in found]
    return frozenset(classes) if found and all(isinstance(each, type) for each in classes) else None


def _asks(call: ast.AST, node: str) -> bool:
    """Whether this is `isinstance(<the rewriting's node>, …)`."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == 'isinstance'):
        return False
    return isinstance(call.args[0], ast.Name) and call.args[0].id == node


def _kinds(of: ast.expr) -> list[str]:
    """`exp.A`, `(exp.A, exp.B)` and `exp.A | exp.B` as names; a name that is no class of sqlglot's for anything else."""
    if isinstance(of, ast.Attribute):
        return [of.attr]
    if isinstance(of, ast.Tuple):
        return [kind for each in of.elts for kind in _kinds(each)]
    if isinstance(of, ast.BinOp):
        return [*_kinds(of.left), *_kinds(of.right)]
    return ['']
