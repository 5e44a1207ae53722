#include "tests/unit/engine/fixture.h"

#include <stdio.h>

static struct fixture fixture;
static struct err err;

/* "" when it went well, else what `weir serve` would print. */
static const char *declare(const char *text)
{
    static char line[2048];
    line[0] = '\0';
    if (exec_file(fixture.engine, slice_of(text), "f.sql", &err) == OK) return line;
    snprintf(line, sizeof line, "%s%s%s%s%s", err.message, err.detail[0] ? ": " : "", err.detail,
             err.hint[0] ? " | " : "", err.hint);
    return line;
}

#define PRODUCT "CREATE TABLE product (id int PRIMARY KEY, title text);\n"

TEST(a_file_s_error_says_line_and_column_and_what_may_be_meant)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        { PRODUCT "\nCREATE TABEL b (x int);", "f.sql:3:8: syntax error at or near \"TABEL\" | "
                                               "Perhaps \"tabel\" is meant to be \"table\"." },
        { "CREATE TABLE a (id int)\n  CREATE TABLE b (x int);",
          "f.sql:2:3: syntax error at or near \"CREATE\" | Is the `;` in front of it missing?" },
        { PRODUCT "SELECT id FORM product;", "f.sql:2:16: syntax error at or near \"product\" | "
                                             "Perhaps \"form\" is meant to be \"from\"." },
        { PRODUCT "CREATE VIEW v AS\n  SELECT *\n  FROM prodcut;",
          "f.sql:4:8: relation \"prodcut\" does not exist | "
          "Perhaps you meant the relation \"product\"." },
        { PRODUCT "CREATE VIEW v AS SELECT titel FROM product;",
          "f.sql:2:25: column \"titel\" does not exist | "
          "Perhaps you meant to reference the column \"product.title\"." },
        { "/* é */ CREATE TABLE a (\n\tx strin\n);",
          "f.sql:2:4: type \"strin\" does not exist | Perhaps you meant text." },
        { "CREATE TABLE a (x datetime);", "f.sql:1:19: type \"datetime\" does not exist | "
                                          "Perhaps you meant timestamp or timestamptz." },
        { PRODUCT "CREATE VIEW v AS SELECT uper(title) FROM product;",
          "f.sql:2:25: function uper(text) does not exist | Perhaps you meant upper." },
        { PRODUCT "CREATE VIEW v AS SELECT ifnull(title, '') FROM product;",
          "f.sql:2:25: function ifnull(text, unknown) does not exist | "
          "Perhaps you meant coalesce(a, b)." },
        { PRODUCT "CREATE VIEW v AS SELECT lower(id) FROM product;",
          "f.sql:2:25: function lower(integer) does not exist | No function matches the given name "
          "and argument types. You might need to add explicit type casts." },
        { PRODUCT "CREATE TABLE a (id serial);",
          "f.sql:2:20: type \"serial\" is not supported | "
          "Give ids yourself, or id uuid DEFAULT gen_random_uuid()." },
        { PRODUCT "INSERT INTO product VALUES (1, 'a'),\n (1, 'b');",
          "f.sql:2:1: duplicate key value violates unique constraint \"product_pkey\": "
          "Key (id)=(1) already exists." },
        { PRODUCT "BEGIN;\nINSERT INTO product VALUES (1);\nINSERT INTO product VALUES ('x');\n"
                  "COMMIT;",
          "f.sql:4:29: invalid input syntax for type integer: \"x\"" },
        { "BEGIN;\nCREATE TABLE a (x int);\nCOMMIT;",
          "f.sql:2:1: CREATE and DROP stand alone, not in a transaction" },
        { "\xEF\xBB\xBF"
          "CREATE TABLE a (x int);\r\nSELECT y FROM a;\r\n",
          "f.sql:2:8: column \"y\" does not exist" },
    };
    for (u32 index = 0; index < countof(cases); index++) {
        fixture_open(&fixture);
        assert_string_equal(declare(cases[index].text), cases[index].said);
        fixture_close(&fixture);
    }
}

TEST(a_file_that_is_read_again_changes_nothing)
{
    const char *text = PRODUCT
        "CREATE INDEX ON product (title);\nCREATE INDEX named ON product (title, id);\n"
        "CREATE MATERIALIZED VIEW n AS SELECT count(*) AS n FROM product;\n"
        "BEGIN; INSERT INTO product VALUES (1, 'a'); INSERT INTO product VALUES (2, 'b'); COMMIT;\n"
        "INSERT INTO product VALUES (3, 'c');\n";
    fixture_open_kept(&fixture);
    assert_string_equal(declare(text), "");
    assert_run(&fixture, "SELECT n FROM n", "3\nSELECT 1\n");
    for (u32 round = 0; round < 2; round++) {
        fixture_restart(&fixture);
        assert_string_equal(declare(text), "");
        assert_run(&fixture, "SELECT n FROM n", "3\nSELECT 1\n");
        assert_run(&fixture, "SELECT count(*) FROM product", "3\nSELECT 1\n");
    }
    fixture_close(&fixture);
}

TEST(a_definition_that_differs_is_shown_where_it_does)
{
    fixture_open(&fixture);
    assert_string_equal(
        declare(PRODUCT "CREATE MATERIALIZED VIEW v AS SELECT title FROM product WHERE id > 10;\n"
                        "CREATE INDEX i ON product (title);"),
        "");
    assert_string_equal(
        declare(PRODUCT "CREATE  materialized VIEW v AS\n  SELECT title -- the name\n"
                        "  FROM product WHERE id > 20;"),
        "f.sql:4:27: \"v\" is defined otherwise in the data directory: there: … 10; here: … 20 | "
        "DROP MATERIALIZED VIEW v by POST /sql first, or start with another --data.");
    assert_string_equal(
        declare("CREATE TABLE product (id int PRIMARY KEY, title text, price int);"),
        "f.sql:1:53: \"product\" is defined otherwise in the data directory: there: … ); "
        "here: … , price int) | Its rows are there: write the file as it is there, or start with "
        "another --data.");
    assert_string_equal(declare("CREATE INDEX i ON product (id);"),
                        "f.sql:1:28: \"i\" is defined otherwise in the data directory: there: … "
                        "title); here: … id) | DROP INDEX i by POST /sql first, or start with "
                        "another --data.");
    fixture_close(&fixture);
}

TEST(an_error_of_a_script_stands_at_its_place_in_all_of_it)
{
    fixture_open(&fixture);
    assert_run(&fixture, "SELECT 1; SELECT nope",
               "1\nSELECT 1\nERROR 42703 column \"nope\" does not exist\n");
    assert_int_equal(fixture.err.position, 18);
    fixture_run(&fixture, "SELECT 1;\n -- é\n SELEC 2");
    assert_int_equal(fixture.err.position, 18);
    u32 line, column;
    exec_locate(SLICE("SELECT 1;\n -- é\n SELEC 2"), 18, &line, &column);
    assert_int_equal(line, 3);
    assert_int_equal(column, 2);
    fixture_run(&fixture, "CREATE TABLE a (x int PRIMARY KEY)");
    fixture_run(&fixture,
                "INSERT INTO a VALUES (1); INSERT INTO a VALUES (2); INSERT INTO a VALUES (1)");
    assert_string_equal(fixture.err.sqlstate, "23505");
    assert_int_equal(fixture.err.position, 53);
    fixture_close(&fixture);
}
