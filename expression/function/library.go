package function

import (
	"cmp"
	"slices"
)

// The groups, in the words that the reference shows as headings.
const (
	groupStrings    = "strings"
	groupLogic      = "comparison and logic"
	groupNumbers    = "numbers"
	groupCollection = "arrays and objects"
	groupDates      = "dates"
	groupConversion = "conversion and encoding"
)

// The library never changes after the package's initialization, so it is read without a lock.
var (
	functions = build()
	byName    = index((*Function).ownName)
	accessors = index((*Function).AccessorName)
)

// Lookup finds a function by its name, in its exact spelling.
func Lookup(name string) (*Function, bool) {
	f, ok := byName[name]
	return f, ok
}

// LookupAccessor finds the function that follows a path under this name.
func LookupAccessor(name string) (*Function, bool) {
	f, ok := accessors[name]
	return f, ok
}

// All lists the library, sorted by group, then name.
func All() []*Function { return slices.Clone(functions) }

func (f *Function) ownName() string { return f.Name }

func build() []*Function {
	groups := []struct {
		name      string
		functions []*Function
	}{
		{groupStrings, slices.Concat(stringFunctions, searchFunctions, patternFunctions)},
		{groupLogic, slices.Concat(logicFunctions, comparisonFunctions)},
		{groupNumbers, slices.Concat(numberFunctions, aggregateFunctions)},
		{groupCollection, slices.Concat(arrayFunctions, objectFunctions, predicateFunctions)},
		{groupDates, dateFunctions},
		{groupConversion, slices.Concat(conversionFunctions, encodingFunctions)},
	}
	var all []*Function
	for _, group := range groups {
		for _, f := range group.functions {
			f.Group = group.name
			f.bind()
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b *Function) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func index(name func(*Function) string) map[string]*Function {
	names := make(map[string]*Function, len(functions))
	for _, f := range functions {
		if n := name(f); n != "" {
			names[n] = f
		}
	}
	return names
}

func required(name string, kind Kind) Parameter { return Parameter{Name: name, Kind: kind} }

func optional(name string, kind Kind) Parameter {
	return Parameter{Name: name, Kind: kind, Optional: true}
}

func variadic(name string, kind Kind) Parameter {
	return Parameter{Name: name, Kind: kind, Variadic: true}
}

func subject(name string, kind Kind) Parameter {
	return Parameter{Name: name, Kind: kind, Subject: true}
}
