package badger

import (
	"testing"

	badgerdb "github.com/dgraph-io/badger/v4"
)

func TestBackgroundSpace(t *testing.T) {
	const mb = 1 << 20
	sst := func(level int, size uint32, left, right string) badgerdb.TableInfo {
		return badgerdb.TableInfo{Level: level, OnDiskSize: size * mb, Left: []byte(left), Right: []byte(right)}
	}
	for _, test := range []struct {
		name   string
		tables []badgerdb.TableInfo
		want   int64
	}{
		{"nothing", nil, 16},
		{"level 0", []badgerdb.TableInfo{sst(0, 8, "a", "z"), sst(0, 5, "b", "y")}, 16 + 13},
		{"level 0 into a small last level", []badgerdb.TableInfo{sst(0, 8, "a", "z"), sst(6, 7, "a", "z")}, 16 + 15},
		{
			"level 0 beside a large last level",
			[]badgerdb.TableInfo{sst(0, 8, "a", "z"), sst(6, 500, "a", "m"), sst(6, 500, "n", "z")}, 16 + 8 + 32,
		},
		{
			"tables of level 5 into those of level 6 that they overlap",
			[]badgerdb.TableInfo{
				sst(0, 8, "a", "z"), sst(5, 4, "a", "c"), sst(5, 3, "d", "f"),
				sst(6, 10, "a", "b"), sst(6, 20, "c", "e"), sst(6, 40, "g", "z"),
			},
			16 + 2*(4+10+20),
		},
		{
			"level 0 into level 5, beside a table of level 5 into level 6",
			[]badgerdb.TableInfo{sst(0, 80, "a", "z"), sst(5, 4, "a", "c"), sst(5, 3, "d", "f"), sst(6, 10, "a", "b")},
			16 + (80 + 4 + 3) + (4 + 10),
		},
		{
			"two deep merges are more than level 0",
			[]badgerdb.TableInfo{sst(0, 1, "a", "z"), sst(4, 1, "a", "b"), sst(5, 30, "b", "c"), sst(5, 30, "d", "e")},
			16 + 2*31,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := backgroundSpace(test.tables); got != test.want*mb {
				t.Errorf("it is %d MiB, not %d", got/mb, test.want)
			}
		})
	}
}

// TestTableFiles: the length of a table is that of its file, without the values beside it.
func TestTableFiles(t *testing.T) {
	c := testConfig(t)
	fill(t, c) // 100 events of 2 KB, whose keys and summaries are a tenth of that
	d := openTest(t, c)
	tables := tableFiles(d.db)
	if len(tables) == 0 {
		t.Fatal("there are no tables")
	}
	if got := d.health.background.Load(); got <= backgroundSpace(nil) {
		t.Errorf("an open database knows of %d bytes for its tables", got)
	}
	for _, table := range tables {
		if table.OnDiskSize < 5_000 || table.OnDiskSize > 100_000 {
			t.Errorf("table %d has %d bytes", table.ID, table.OnDiskSize)
		}
	}
}
