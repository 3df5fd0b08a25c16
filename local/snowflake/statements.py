"""A request's text as statements: split at semicolons, parsed once, sorted into the kinds the twin treats apart."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fakesnow.dialect import parse_one
from fakesnow.statement_type import statement_type_id
from sqlglot import Expr, exp
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from errors import compilation

# CREATE, ALTER and DROP of these are accepted and change nothing: the twin has one user and no limits.
IGNORED_OBJECTS = (
    'DATABASE ROLE', 'USER', 'STORAGE INTEGRATION', 'NOTIFICATION INTEGRATION', 'INTEGRATION',
    'SECURITY INTEGRATION', 'API INTEGRATION', 'EXTERNAL ACCESS INTEGRATION', 'RESOURCE MONITOR', 'NETWORK POLICY',
    'NETWORK RULE', 'PASSWORD POLICY', 'SESSION POLICY', 'AUTHENTICATION POLICY', 'SECRET', 'ACCOUNT',
)  # fmt: skip

# Accepting these without doing what they say would hide errors.
REFUSED_OBJECTS = (
    'TASK', 'STREAM', 'PIPE', 'ALERT', 'PROCEDURE', 'FUNCTION', 'DYNAMIC TABLE', 'EXTERNAL TABLE', 'ICEBERG TABLE',
    'MATERIALIZED VIEW', 'ROW ACCESS POLICY', 'MASKING POLICY', 'AGGREGATION POLICY', 'PROJECTION POLICY', 'TAG',
)  # fmt: skip

_KINDS = {'WITH': 'SELECT', 'BEGIN': 'BEGIN_TRANSACTION', 'START': 'BEGIN_TRANSACTION', 'TRUNCATE': 'TRUNCATE_TABLE',
          'PUT': 'PUT_FILES', 'LS': 'LIST_FILES', 'LIST': 'LIST_FILES', 'RM': 'REMOVE_FILES',
          'REMOVE': 'REMOVE_FILES'}  # fmt: skip
DDL = (exp.Create, exp.Alter, exp.Drop, exp.Undrop, exp.Comment, exp.Grant, exp.Revoke)
LOCKING = (exp.Update, exp.Delete, exp.Merge, exp.TruncateTable)
DML = (*LOCKING, exp.Insert, exp.Copy)
MOST_WORDS = 8


class _Words(Snowflake.Tokenizer):
    """Snowflake's words. sqlglot's own tokenizer gives up after EXECUTE, REMOVE and others: one string, unread."""

    COMMANDS = set()


@dataclass
class Statement:
    """One statement: its text and its words (upper-cased tokens). `array` are binds with a list of values each,
    `parameters` those that hold for this statement alone, `computed` the size of the warehouse it ran on;
    `is_canceled` is asked by what may take long."""

    text: str
    tokens: list[Token]
    words: list[str] = field(init=False)
    beginning: str = field(init=False)
    array: dict[str, Any] | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    computed: str = ''
    is_canceled: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self.words = [token.text.upper() for token in self.tokens]
        self.beginning = ' '.join(self.words[:MOST_WORDS]) + ' '
        self._type_id: int | None = None
        self._parsed: Expr | None = None

    def name_at(self, at: int) -> tuple[list[str], int]:
        """The parts of the name that begins at a token, as the catalogue holds them, and where it has ended."""
        parts = [_folded(self.tokens[at])]
        while at + 2 < len(self.tokens) and self.words[at + 1] == '.':
            at += 2
            parts.append(_folded(self.tokens[at]))
        return parts, at + 1

    def look(self) -> Expr:
        """The statement's tree, to be looked at before it runs."""
        if self._parsed is None:
            self._parsed = self._parse()
            self._type_id = statement_type_id(self._parsed)
        return self._parsed

    def tree(self) -> Expr:
        """A tree of one's own each time: running a statement rewrites it in place."""
        tree, self._parsed = self.look(), None
        return tree

    def type_id(self) -> int:
        """Snowflake's number for the kind of statement; clients count affected rows by it."""
        try:
            if self._type_id is None:
                self.look()
            return self._type_id or 0
        except Exception:
            return 0x1000 if self.starts('SHOW', 'LIST', 'LS') else 0x6000

    def _parse(self) -> Expr:
        if self.starts('CREATE') and 'CLONE' in self.words and self.words[-2:] == ['COPY', 'GRANTS']:
            # sqlglot knows the clause before CLONE only
            tree = parse_one(self.text[: self.tokens[-2].start - self.tokens[0].start])
            tree.set('properties', exp.Properties(expressions=[exp.CopyGrantsProperty()]))
            return tree
        return parse_one(self.text)

    def kind(self) -> str:
        """QUERY_TYPE of the history: SELECT, COPY, CREATE_TABLE …"""
        first = self.words[0]
        if first not in ('CREATE', 'ALTER', 'DROP'):
            return _KINDS.get(first, first)
        words = (word for word in self.words[1:] if word not in ('OR', 'REPLACE', 'TRANSIENT', 'TEMPORARY', 'TEMP'))
        return f'{first}_{next(words, "")}'

    def starts(self, *phrases: str) -> bool:
        """Whether it begins with one of these phrases of at most MOST_WORDS words."""
        return any(self.beginning.startswith(f'{phrase} ') for phrase in phrases)


def _folded(token: Token) -> str:
    return token.text if token.token_type == TokenType.IDENTIFIER else token.text.upper()


def split(text: str) -> list[Statement]:
    """The statements of `text`, comments and empty ones left out, each in its original spelling."""
    try:
        tokens = _Words().tokenize(text)
    except SqlglotError as error:
        raise compilation(f'syntax error: {error}') from None
    groups: list[list[Token]] = [[]]
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON:
            groups.append([])
        else:
            groups[-1].append(token)
    return [Statement(text[g[0].start : g[-1].end + 1], g) for g in groups if g]


def refused_object(statement: Statement) -> str | None:
    """The kind of object a CREATE or ALTER is about that the twin cannot keep, or None."""
    object_ = statement.beginning.partition(' ')[2].removeprefix('OR REPLACE ')
    kinds = REFUSED_OBJECTS if statement.starts('CREATE', 'ALTER') else ()
    return next((kind for kind in kinds if object_.startswith(f'{kind} ')), None)


def is_ignored(statement: Statement) -> bool:
    """Whether Snowflake would act on this and the twin only nods: users, integrations, policies."""
    if statement.starts('USE SECONDARY ROLES'):
        return True
    object_ = statement.beginning.partition(' ')[2].removeprefix('OR REPLACE ')
    return statement.starts('CREATE', 'ALTER', 'DROP') and any(
        object_.startswith(f'{kind} ') for kind in IGNORED_OBJECTS
    )


def commits(statement: Statement, tree: Expr | None) -> bool:
    """Whether the statement is DDL, which commits an open transaction before it runs and cannot be rolled back."""
    if isinstance(tree, exp.Alter) and tree.args.get('kind') == 'SESSION':
        return False
    return (
        isinstance(tree, DDL)
        or statement.starts('CREATE', 'DROP', 'GRANT', 'REVOKE')
        or (statement.starts('ALTER') and not statement.starts('ALTER SESSION'))
    )
