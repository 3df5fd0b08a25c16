{# None of the numbers in `columns` is below zero. #}
{% test not_negative(model, columns) %}

select {{ columns | join(', ') }}

from {{ model }}

where
    {%- for column in columns %}
    {{ 'or ' if not loop.first }}{{ column }} < 0
    {%- endfor %}

{% endtest %}
