{#
    A merge never takes a row away. When RAW was replaced as a whole (a full refresh, another sample in test mode),
    orders that the source has no more leave the fact here.
#}
{% macro delete_orphaned_orders() -%}

    delete from {{ this }}
    where order_id not in (select order_id from {{ ref('stg_orders') }} where order_id is not null)

{%- endmacro %}
