"""What a statement needs before it runs: privileges if its role is no administrator's, a warehouse if it computes."""

from dataclasses import dataclass, field

from sqlglot import Expr, exp

from alter import several
from catalog import relation, relations_in
from errors import compilation, no_such
from names import Name
from roles import ADMINS, OWNERSHIP, Key
from session import Session
from statements import Statement
from temporary import is_temporary
from usage import is_view
from warehouses import Warehouse

WRITES = {exp.Insert: ['INSERT'], exp.Update: ['UPDATE'], exp.Delete: ['DELETE'], exp.TruncateTable: ['TRUNCATE'],
          exp.Copy: ['INSERT']}  # fmt: skip
ACTIONS = {exp.Insert: 'INSERT', exp.Update: 'UPDATE'}
IN_SCHEMA = ('TABLE', 'VIEW', 'STAGE', 'FILE FORMAT')
SHOWN_BY = {'TABLES': ('TABLE_SCHEMA', 'TABLE_NAME'), 'COLUMNS': ('TABLE_SCHEMA', 'TABLE_NAME'),
            'VIEWS': ('TABLE_SCHEMA', 'TABLE_NAME')}  # fmt: skip


@dataclass
class Making:
    """An object that a statement makes: what stood in its place before, and whose grants it takes over."""

    kind: str
    name: Name
    before: Key | None
    heir_of: list[Key] = field(default_factory=list)
    replaces: bool = False


def compute(session: Session, tree: Expr | None) -> Warehouse | None:
    """The warehouse a statement runs on, to be released after it; None if it needs none."""
    if isinstance(tree, exp.Query):
        needed = tree.args.get('from_') is not None or tree.find(exp.From) is not None
    elif isinstance(tree, exp.Create):
        needed = tree.args.get('kind') == 'TABLE' and tree.args.get('expression') is not None
    else:
        needed = isinstance(tree, (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Copy))
    return session.account.warehouses.use(session) if needed else None


def check(session: Session, statement: Statement, tree: Expr | None) -> Making | None:
    """Refuse what the session's role may not do, with 002003 for what it may not even see and 003001 for the rest."""
    made = _making(session, tree) if isinstance(tree, exp.Create) else None
    if session.role in ADMINS:
        return made
    if tree is None or isinstance(tree, exp.Command) and not statement.starts('ALTER TABLE'):
        _by_words(session, statement)
        return made
    if isinstance(tree, exp.Command):
        tree = next(iter(several(statement)), tree)
    for table in _read(session, tree):
        _relation(session, table, ['SELECT'])
    for kind, privileges in WRITES.items():
        if isinstance(tree, kind):
            target = tree.expressions[0] if kind is exp.TruncateTable else tree.this
            _relation(session, target.this if isinstance(target, exp.Schema) else target, privileges)
    if isinstance(tree, exp.Merge):
        actions = {type(when.args['then']) for when in tree.args['whens'].expressions}
        _relation(session, tree.this, [ACTIONS.get(action, 'DELETE') for action in actions])
    elif isinstance(tree, exp.Copy):
        source = tree.args['files'][0]
        _stage(session, (source.this.args['from_'].this if isinstance(source, exp.Subquery) else source).name, 'READ')
    elif isinstance(tree, exp.Put):
        _stage(session, tree.args['target'].name, 'WRITE')
    elif isinstance(tree, exp.Create):
        _create(session, tree, made)
    elif isinstance(tree, (exp.Drop, exp.Alter)):
        _change(session, tree)
    elif isinstance(tree, exp.Describe) and str(tree.args.get('kind')).upper() in ('TABLE', 'VIEW'):
        _relation(session, tree.this, [])
    elif isinstance(tree, exp.Use):
        _use(session, tree)
    return made


def made(session: Session, making: Making) -> None:
    """After a CREATE: whose the object is now, and which grants it has."""
    roles = session.account.roles
    if making.kind in ('TABLE', 'VIEW'):
        key = relation(session, making.name)
        if key is None or key == making.before:
            return
        for older in making.heir_of:
            roles.copy(older, key)
            if older == making.before:
                break  # the table that was replaced goes before the one that was copied
        if not making.heir_of:
            roles.made(session.role, key, making.name[:2])
        roles.owners[key] = session.role
        return
    key = _key(making)
    if making.before is not None and not making.replaces:
        return
    roles.forget(key)
    roles.made(session.role, key, making.name[:1] if making.kind == 'SCHEMA' else making.name[:2])


def visible(session: Session, tree: Expr) -> None:
    """Let INFORMATION_SCHEMA show what the session's role has privileges on."""
    if session.role in ADMINS:
        return
    for table in list(tree.find_all(exp.Table)):
        columns = SHOWN_BY.get(table.name.upper())
        if table.db.upper() != 'INFORMATION_SCHEMA' or columns is None:
            continue
        database = table.catalog or session.connection.database or ''
        seen = [name for name, key in relations_in(session, (database.upper(),)) if session.sees(key)]
        pairs = [exp.Tuple(expressions=[exp.Literal.string(name.schema), exp.Literal.string(name.name)])
                 for name in seen]  # fmt: skip
        alias, bare = table.alias or table.name, table.copy()
        bare.set('alias', None)
        allowed = exp.In(this=exp.Tuple(expressions=[exp.column(name) for name in columns]), expressions=pairs)
        shown = exp.select('*').from_(bare).where(allowed if pairs else exp.false())
        table.replace(shown.subquery(alias))


def _making(session: Session, tree: exp.Create) -> Making | None:
    kind = str(tree.args.get('kind')).upper()
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    replaces = bool(tree.args.get('replace'))
    if kind in ('SCHEMA', 'DATABASE'):
        parts = [part for part in (table.args.get('catalog'), table.args.get('db'), table.args.get('this')) if part]
        names = [part.name if part.args.get('quoted') else part.name.upper() for part in parts if part.name]
        if kind == 'SCHEMA' and len(names) == 1:
            names = [session.connection.database or '', *names]
        making = Making(kind, Name(*names, *[''] * (3 - len(names))), None, replaces=replaces)
        sql = 'SELECT 1 FROM duckdb_schemas() WHERE database_name = ?' + (' AND schema_name = ?' * (kind == 'SCHEMA'))
        there = session.duck.execute(sql + ' LIMIT 1', names).fetchone() is not None
        making.before = _key(making) if there else None
        return making
    if kind not in IN_SCHEMA:
        return None
    full = session.full_name(table)
    if kind in ('TABLE', 'VIEW'):
        making = Making(kind, full, relation(session, full), replaces=replaces)
        properties = tree.args.get('properties')
        if properties is not None and properties.find(exp.CopyGrantsProperty):
            like, clone = properties.find(exp.LikeProperty), tree.args.get('clone')
            source = like.this if like else clone.this if clone else None
            other = relation(session, session.full_name(source)) if source is not None else None
            making.heir_of = [key for key in (making.before, other) if key is not None]
        return making
    there = session.account.stages.has(kind, full)
    return Making(kind, full, (kind, full) if there else None, replaces=replaces)


def _key(making: Making) -> Key:
    if making.kind == 'DATABASE':
        return 'DATABASE', (making.name.database,)
    if making.kind == 'SCHEMA':
        return 'SCHEMA', making.name[:2]
    return making.kind, making.name


def _read(session: Session, tree: Expr) -> list[exp.Table]:
    """The tables and views a statement reads."""
    names = {with_.alias.upper() for with_ in tree.find_all(exp.CTE)}
    tables = []
    for table in tree.find_all(exp.Table):
        place = table.parent
        reads = isinstance(place, (exp.From, exp.Join)) or table.arg_key == 'using' or isinstance(
            place, (exp.LikeProperty, exp.Clone)
        )  # fmt: skip
        plain = isinstance(table.this, exp.Identifier) and table.db.upper() != 'INFORMATION_SCHEMA'
        if (
            reads
            and plain
            and not is_view(table)
            and (table.db or table.name.upper() not in names)
            and not table.name.startswith('@')
        ):
            tables.append(table)
    return tables


def _place(session: Session, full: tuple[str, ...]) -> None:
    """Databases and schemas without USAGE are as if they did not exist."""
    if not session.may('USAGE', ('DATABASE', full[:1])):
        raise no_such('Database', full[0])
    if len(full) > 1 and not session.may('USAGE', ('SCHEMA', full[:2])):
        raise no_such('Schema', '.'.join(full[:2]))


def _relation(session: Session, table: Expr, privileges: list[str]) -> None:
    if not isinstance(table, exp.Table) or session.full_name(table) in session.temporary:
        return
    full = session.full_name(table)
    _place(session, full)
    key = relation(session, full)
    if key is None:
        return
    if not session.sees(key):
        raise no_such('Object', full)
    for privilege in privileges:
        session.must(privilege, key, full.name)


def _stage(session: Session, reference: str, privilege: str) -> None:
    stage, _ = session.account.stages.find(session, reference)
    _place(session, stage.name)
    key = ('STAGE', stage.name)
    if not session.sees(key):
        raise no_such('Stage', stage.name)
    session.must(privilege if stage.internal else 'USAGE', key)


def _create(session: Session, tree: exp.Create, making: Making | None) -> None:
    if making is None:
        return
    if making.kind == 'DATABASE':
        session.must('CREATE DATABASE', ('ACCOUNT', 'TWIN'))
        return
    if making.kind == 'SCHEMA':
        _place(session, making.name[:1])
        session.must('CREATE SCHEMA', ('DATABASE', making.name[:1]))
    else:
        _place(session, making.name)
        if making.kind == 'TABLE' and is_temporary(tree):
            return
        session.must(f'CREATE {making.kind}', ('SCHEMA', making.name[:2]))
    if making.before is not None and making.replaces:
        session.must(OWNERSHIP, making.before, making.name.name or making.name.schema)


def _change(session: Session, tree: exp.Drop | exp.Alter) -> None:
    """Whoever owns an object drops and changes it; a table also needs leave to be made where it goes."""
    kind = str(tree.args.get('kind')).upper()
    tables = tree.args['tables'] if isinstance(tree, exp.Drop) else [tree.this]
    for table in tables:
        if kind in ('TABLE', 'VIEW'):
            _relation(session, table, [OWNERSHIP])
        elif kind in ('STAGE', 'FILE FORMAT'):
            full = session.full_name(table)
            _place(session, full)
            if session.account.stages.has(kind, full):
                session.must(OWNERSHIP, (kind, full))
        elif kind in ('SCHEMA', 'DATABASE'):
            names = tuple(part.name if part.args.get('quoted') else part.name.upper() for part in table.parts)
            if kind == 'SCHEMA' and len(names) == 1:
                names = (session.connection.database or '', *names)
            if not session.sees((kind, names)):
                raise no_such(kind.capitalize(), '.'.join(names))
            session.must(OWNERSHIP, (kind, names))
    for action in tree.args.get('actions') or []:
        if isinstance(action, exp.SwapTable):
            _relation(session, action.this, [OWNERSHIP])
        elif isinstance(action, exp.AlterRename):
            full = session.full_name(action.this)
            _place(session, full)
            session.must('CREATE TABLE', ('SCHEMA', full[:2]))


def _use(session: Session, tree: exp.Use) -> None:
    kind = str(tree.args.get('kind') or 'DATABASE').upper()
    names = tuple(part.name if part.args.get('quoted') else part.name.upper() for part in tree.this.parts)
    if kind == 'SCHEMA' and len(names) == 1:
        names = (session.connection.database or '', *names)
    if kind in ('SCHEMA', 'DATABASE') and not session.sees((kind, names)):
        raise compilation('Object does not exist, or operation cannot be performed.', '002043', '02000')


def _by_words(session: Session, statement: Statement) -> None:
    if statement.starts('LIST', 'LS', 'REMOVE', 'RM'):
        reference = statement.text.split(None, 1)[1].strip()
        _stage(session, reference, 'READ' if statement.starts('LIST', 'LS') else 'WRITE')
    elif statement.starts('CREATE DBT PROJECT', 'CREATE OR REPLACE DBT PROJECT', 'EXECUTE DBT PROJECT',
                          'DROP DBT PROJECT', 'ALTER DBT PROJECT', 'DESCRIBE DBT PROJECT'):  # fmt: skip
        _dbt_project(session, statement)


def _dbt_project(session: Session, statement: Statement) -> None:
    projects = session.account.dbt_projects
    full = projects.full_name(session, statement)
    _place(session, full)
    key: Key = ('DBT PROJECT', full)
    if statement.starts('CREATE'):
        session.must('CREATE DBT PROJECT', ('SCHEMA', full[:2]))
    if not projects.has(full):
        return
    if not session.sees(key):
        raise no_such('DBT PROJECT', full)
    if not statement.starts('DESCRIBE'):
        session.must('USAGE' if statement.starts('EXECUTE') else OWNERSHIP, key)
