-- Reads cases made by type_cases from the file :cases and lets PostgreSQL answer them too.
-- Leaves the table answer (operation, args, damaged, sql, ours, theirs).
SET client_min_messages = warning;
SET extra_float_digits = 1;
CREATE FUNCTION pg_temp.answer(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE 'SELECT (' || sql || ')::text' INTO result;
    RETURN coalesce(result, 'NULL');
EXCEPTION WHEN others THEN
    RETURN '!' || sqlstate || ' ' || sqlerrm;
END $$;
CREATE TEMP TABLE given (number serial, operation text, args text, damaged bool, sql text, ours text);
CREATE TEMP TABLE answer (number int, operation text, args text, damaged bool, sql text, ours text, theirs text);
