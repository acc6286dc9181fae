-- Fails for rows with the same values in all key columns.
{% test unique_key(model, columns) %}
{%- set key = columns | map("tojson") | join(", ") %}
SELECT {{ key }}, count(*) AS rows_with_key
FROM {{ model }}
GROUP BY {{ key }}
HAVING count(*) > 1
{% endtest %}
