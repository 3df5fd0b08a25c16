{#
    Every value of the column is a key of the parent, as far as the loads can have seen it.

    Tables are read one after the other from a source that goes on changing, so a child without its parent is not yet an
    error. It is one where the parent must have been there to be read:

    - The parent is copied whole (no `read_until`). A child of the same run lies within that run's window, so it was in
      the source before the copy began, and so was its parent. A child of another run is held to it once the copy is a
      day younger: no copy takes that long, so it began after the child was there.
    - The parent is read in windows (`read_until` names its cursor). A parent that changes while its window is being read
      moves beyond the window and comes with the next one. So a child is held to it once the parent was read beyond the
      moment at which the child was loaded; a retry of an old window does not reach so far.
    - In test mode both are samples that follow the foreign keys within one run: children of the parent's own run only.
#}
{% test relationships_as_loaded(model, column_name, to, field, read_until=none) %}

with

children as (

    select
        {{ column_name }} as parent_key,
        _firn_run_id,
        _firn_loaded_at

    from {{ model }}

    where {{ column_name }} is not null

),

parents as (

    select {{ field }} as parent_key from {{ to }}

),

parent_load as (

    select
        max_by(_firn_run_id, _firn_loaded_at) as run_id,
        max(_firn_loaded_at) as loaded_at
        {%- if read_until %},
        max({{ read_until }}) as read_until
        {%- endif %}

    from {{ to }}

)

select
    children.parent_key,
    children._firn_run_id,
    children._firn_loaded_at

from children

cross join parent_load

left join parents on children.parent_key = parents.parent_key

where
    parents.parent_key is null
    {% if var('schema_suffix', '') %}
    and children._firn_run_id = parent_load.run_id
    {% elif read_until %}
    and children._firn_loaded_at < parent_load.read_until
    {% else %}
    and (
        children._firn_run_id = parent_load.run_id
        or children._firn_loaded_at < dateadd('day', -1, parent_load.loaded_at)
    )
    {% endif %}

{% endtest %}
