package function

import "strings"

// maxNearestName bounds the name that Nearest compares: the cost is its length times that of the whole library.
const maxNearestName = 40

// Nearest is the function most likely meant by an unknown name, "" when none is near: one of the same letters in
// another case, one that begins with the name, or one at most a third of the name's letters away.
func Nearest(name string) string {
	if len(name) < 2 || len(name) > maxNearestName {
		return ""
	}
	lower := strings.ToLower(name)
	nearest, best := "", len(lower)/3+1
	for _, f := range functions {
		candidate := strings.ToLower(f.Name)
		distance := editDistance(lower, candidate)
		if len(lower) >= 3 && strings.HasPrefix(candidate, lower) {
			distance = min(distance, 1)
		}
		if distance < best {
			nearest, best = f.Name, distance
		}
	}
	return nearest
}

// editDistance counts the insertions, deletions, substitutions and swaps of neighbouring letters that turn a into b
// (the optimal string alignment distance).
func editDistance(a, b string) int {
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := range len(a) {
		current[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			current[j+1] = min(previous[j]+cost, previous[j+1]+1, current[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				current[j+1] = min(current[j+1], before[j-1]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}
