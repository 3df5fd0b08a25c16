select ORDER_ID as order_id, STATUS as status, AMOUNT as amount, UPDATED_AT as updated_at, DETAILS as details
from {{ source('raw', 'ORDERS') }}
