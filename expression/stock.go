package expression

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/krosyn/gateway/expression/function"
	"github.com/krosyn/gateway/expression/value"
)

// stock has the functions of expr-lang that the library knows under another name or not at all, so that an
// expression written for expr-lang runs here. Those that give or take what JSON does not have (duration, timezone)
// are left out. It is filled by init because it is made of the library.
var stock map[string]*function.Function

// stockNames are functions of expr-lang and their names in the library.
var stockNames = map[string]string{
	"len": "length", "upper": "uppercase", "lower": "lowercase", "hasPrefix": "startsWith", "hasSuffix": "endsWith",
	"int": "toInteger", "float": "toNumber", "string": "toString", "type": "typeOf", "mean": "average",
	"uniq": "unique", "toJSON": "jsonEncode", "fromJSON": "jsonDecode", "toBase64": "base64Encode",
	"fromBase64": "base64Decode",
}

func init() {
	stock = map[string]*function.Function{}
	for name, ours := range stockNames {
		stock[name], _ = function.Lookup(ours)
	}
	for _, fn := range []*function.Function{
		stockText("trimPrefix", "prefix", func(s, prefix string) any { return strings.TrimPrefix(s, prefix) }),
		stockText("trimSuffix", "suffix", func(s, suffix string) any { return strings.TrimSuffix(s, suffix) }),
		stockText("lastIndexOf", "needle", lastIndexOf),
		stockFunction("take", []string{"array", "count"}, take),
		stockFunction("median", []string{"array"}, median),
		stockFunction("toPairs", []string{"object"}, toPairs),
		stockFunction("fromPairs", []string{"array"}, fromPairs),
		stockBits("bitand", func(a, b int64) int64 { return a & b }),
		stockBits("bitor", func(a, b int64) int64 { return a | b }),
		stockBits("bitxor", func(a, b int64) int64 { return a ^ b }),
		stockBits("bitnand", func(a, b int64) int64 { return a &^ b }),
		stockBits("bitshl", func(a, b int64) int64 { return a << min(uint64(b), 64) }),
		stockBits("bitshr", func(a, b int64) int64 { return a >> min(uint64(b), 64) }),
		stockBits("bitushr", func(a, b int64) int64 { return int64(uint64(a) >> min(uint64(b), 64)) }),
		stockFunction("bitnot", []string{"value"}, func(args []any) (any, error) {
			n, err := stockInteger(args[0])
			return ^n, err
		}),
	} {
		stock[fn.Name] = fn
	}
}

// stockFunction is null for null as its first argument, and names itself in errors.
func stockFunction(name string, parameters []string, call func(args []any) (any, error)) *function.Function {
	fn := &function.Function{Name: name}
	for _, parameter := range parameters {
		fn.Parameters = append(fn.Parameters, function.Parameter{Name: parameter})
	}
	fn.Call = func(args []any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		result, err := call(args)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return result, nil
	}
	return fn
}

func stockText(name, parameter string, call func(a, b string) any) *function.Function {
	return stockFunction(name, []string{"value", parameter}, func(args []any) (any, error) {
		a, okA := args[0].(string)
		b, okB := args[1].(string)
		if !okA || !okB {
			return nil, fmt.Errorf("needs two strings, %s and %s given", value.TypeOf(args[0]), value.TypeOf(args[1]))
		}
		return call(a, b), nil
	})
}

func stockBits(name string, call func(a, b int64) int64) *function.Function {
	return stockFunction(name, []string{"a", "b"}, func(args []any) (any, error) {
		a, err := stockInteger(args[0])
		if err != nil {
			return nil, err
		}
		b, err := stockInteger(args[1])
		if err != nil {
			return nil, err
		}
		return call(a, b), nil
	})
}

func stockInteger(v any) (int64, error) {
	n, ok := value.ToInteger(v)
	if !ok || !isNumber(v) {
		return 0, fmt.Errorf("needs integers, %s given", value.TypeOf(v))
	}
	return n, nil
}

// lastIndexOf counts in characters, as indexOf does; -1 is not found.
func lastIndexOf(s, needle string) any {
	i := strings.LastIndex(s, needle)
	if i < 0 {
		return int64(-1)
	}
	return int64(len([]rune(s[:i])))
}

func take(args []any) (any, error) {
	elements, ok := args[0].([]any)
	n, err := stockInteger(args[1])
	if !ok || err != nil || n < 0 {
		return nil, fmt.Errorf("needs an array and a count, %s and %s given", value.TypeOf(args[0]), value.TypeOf(args[1]))
	}
	return elements[:min(n, int64(len(elements)))], nil
}

// median is the middle of the numbers in their order, or the mean of the two in the middle.
func median(args []any) (any, error) {
	elements, ok := args[0].([]any)
	if !ok {
		return nil, fmt.Errorf("needs an array, %s given", value.TypeOf(args[0]))
	}
	for _, element := range elements {
		if !isNumber(element) {
			return nil, fmt.Errorf("needs an array of numbers, %s found in it", value.TypeOf(element))
		}
	}
	if len(elements) == 0 {
		return nil, nil
	}
	sorted := slices.SortedFunc(slices.Values(elements), func(a, b any) int {
		order, _, _ := value.Compare(a, b)
		return order
	})
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle], nil
	}
	total, err := value.Add(sorted[middle-1], sorted[middle])
	if err != nil {
		return nil, err
	}
	return value.Divide(total, int64(2))
}

// toPairs is an object as an array of [name, value], by name.
func toPairs(args []any) (any, error) {
	members, ok := args[0].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("needs an object, %s given", value.TypeOf(args[0]))
	}
	pairs := make([]any, 0, len(members))
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		pairs = append(pairs, []any{name, members[name]})
	}
	return pairs, nil
}

func fromPairs(args []any) (any, error) {
	pairs, ok := args[0].([]any)
	if !ok {
		return nil, fmt.Errorf("needs an array, %s given", value.TypeOf(args[0]))
	}
	members := make(map[string]any, len(pairs))
	for _, pair := range pairs {
		pair, ok := pair.([]any)
		if !ok || len(pair) != 2 {
			return nil, errors.New("needs an array of pairs")
		}
		members[value.Text(pair[0])] = pair[1]
	}
	return members, nil
}
