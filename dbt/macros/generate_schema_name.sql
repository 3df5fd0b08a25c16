{#
    STAGING, INTERMEDIATE, MARTS and SNAPSHOTS as they stand, not behind the profile's own schema as dbt would have it,
    and with `schema_suffix` at the end: a test run lives beside the real one and touches nothing of it.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}

    {{ (custom_schema_name or target.schema) | trim | upper }}{{ var('schema_suffix', '') }}

{%- endmacro %}
