select * from {{ ref('orders') }} where price > {{ var('highest_price') }}
