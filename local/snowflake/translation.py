"""fakesnow's some seventy rewritings of a statement, of which most have nothing to do with any one statement.

Each walks the whole tree, which costs more than all else the twin does. A rewriting begins by asking whether a node is of
certain classes; where a tree has none of them it is left out. One that makes a new node rather than change the one it is
given is asked about those nodes alone, and walks the tree only if it has something for one of them.
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
        self._nodes: dict[type, list[Expr]] | None = None

    def transform(self, rewriting: Rewriting, *args: Any, copy: bool = False, **kwargs: Any) -> 'Chain':
        if rewriting is unchanged:
            return self
        wanted = classes_of(rewriting)
        if wanted is not None:
            nodes = self._of(wanted)
            if not nodes or is_pure(rewriting) and all(_has_nothing(rewriting, node, args, kwargs) for node in nodes):
                return self
        self.tree = self.tree.transform(rewriting, *args, copy=copy, **kwargs)
        self._nodes = None
        return self

    def _of(self, wanted: frozenset[type]) -> list[Expr]:
        if self._nodes is None:
            self._nodes = {}
            for node in self.tree.walk():
                self._nodes.setdefault(type(node), []).append(node)
        return [node for kind, nodes in self._nodes.items() if not wanted.isdisjoint(kind.__mro__) for node in nodes]


def _has_nothing(rewriting: Rewriting, node: Expr, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    place = node.parent, node.arg_key, node.index
    if rewriting(node, *args, **kwargs) is node:
        return True
    node.parent, node.arg_key, node.index = place  # what was made in vain may have taken the node into itself
    return False


_known: dict[CodeType, frozenset[type] | None] = {}


def classes_of(rewriting: Rewriting) -> frozenset[type] | None:
    """Classes that a rewriting asks its node to be of; None when it does not ask, and may change any."""
    code = rewriting.__code__
    if code not in _known:
        _known[code] = _asked(_behind(rewriting))
    return _known[code]


_pure: dict[CodeType, bool] = {}
_CHANGES = {'set', 'append', 'extend', 'insert', 'pop', 'remove', 'clear', 'update', 'setdefault', 'replace', 'transform'}


def is_pure(rewriting: Rewriting) -> bool:
    """Whether a rewriting leaves the node it is given as it is: it may be asked in vain."""
    code = rewriting.__code__
    if code not in _pure:
        function = _behind(rewriting)
        asks = function.__name__ != '<lambda>' and function.__name__ not in _ASKED
        _pure[code] = asks and not any(map(_changes, ast.walk(_definition(function))))
    return _pure[code]


def _changes(part: ast.AST) -> bool:
    """Whether something is assigned to, taken away from or told to change. What is handed to another function may be."""
    if isinstance(part, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete)):
        targets = part.targets if isinstance(part, (ast.Assign, ast.Delete)) else [part.target]
        return any(isinstance(target, (ast.Attribute, ast.Subscript)) for target in targets)
    if not isinstance(part, ast.Call):
        return False
    if isinstance(part.func, ast.Attribute):
        return part.func.attr in _CHANGES
    return isinstance(part.func, ast.Name) and inspect.isfunction(getattr(transforms, part.func.id, None))


def _definition(function: Rewriting) -> ast.stmt:
    return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]


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
    definition = _definition(function)
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
