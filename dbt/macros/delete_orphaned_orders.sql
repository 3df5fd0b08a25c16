{#
    A merge never takes a row away. When RAW was replaced as a whole (a full refresh, another sample in test mode),
    orders that the source has no more leave the fact here. Nothing to do when the fact itself was built anew.
#}
{% macro delete_orphaned_orders(orders) -%}

    {% if is_incremental() -%}

    delete from {{ this }}
    where order_id not in (select order_id from {{ orders }})

    {%- endif %}

{%- endmacro %}
