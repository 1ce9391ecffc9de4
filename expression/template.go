package expression

import (
	"fmt"
	"strings"
	"unicode"
)

// Template is text with references, in pieces.
type Template struct {
	Parts []Part
}

// Part is a piece of a template: literal text, or a program that gives the text.
type Part struct {
	// Literal is the text where Program is nil.
	Literal string
	Program *Program
	// Source is the piece as written, "$payload.id" or "$( … )".
	Source string
	// Secret tells that the piece is nothing but one $secret.NAME.
	Secret bool
}

// fragment is a piece of a text as it is written: literal, or an expression to be replaced by its value.
type fragment struct {
	excerpt
	literal bool
	// inner is the expression: the fragment itself, or what stands within $( … ).
	inner excerpt
}

// fragments takes a text apart. A dollar sign that begins neither a variable nor $( … ) is literal.
func (b *builder) fragments(e excerpt) ([]fragment, error) {
	var result []fragment
	start := 0
	literal := func(end int) {
		if end > start {
			result = append(result, fragment{excerpt: e.slice(start, end), literal: true})
		}
	}
	for i := 0; i < len(e.text); {
		end, inner, err := b.reference(e, i)
		if err != nil {
			return nil, err
		}
		if end == i {
			i++
			continue
		}
		literal(i)
		result = append(result, fragment{excerpt: e.slice(i, end), inner: inner})
		i, start = end, end
	}
	literal(len(e.text))
	return result, nil
}

// reference finds where the reference that begins at i ends, i itself if none begins there.
func (b *builder) reference(e excerpt, i int) (end int, inner excerpt, err error) {
	if e.text[i] != '$' || e.escaped(i) || i+1 == len(e.text) {
		return i, excerpt{}, nil
	}
	if e.text[i+1] == '(' {
		end, err := b.closing(e, i+1)
		if err != nil {
			return i, excerpt{}, err
		}
		return end + 1, e.slice(i+2, end), nil
	}
	end = nameEnd(e.text, i+1)
	if findVariable(string(e.text[i:end])) == nil {
		return i, excerpt{}, nil
	}
	for {
		next, err := b.pathStep(e, end)
		if err != nil {
			return i, excerpt{}, err
		}
		if next == end {
			return end, e.slice(i, end), nil
		}
		end = next
	}
}

// pathStep finds where the step of a path that begins at i ends: .name, [0], [-1] or ["name"].
func (b *builder) pathStep(e excerpt, i int) (end int, err error) {
	switch rest := e.text[i:]; {
	case len(rest) > 1 && rest[0] == '.' && isNameStart(rest[1]):
		return nameEnd(e.text, i+1), nil
	case len(rest) == 0 || rest[0] != '[':
		return i, nil
	}
	end, err = b.closing(e, i)
	if err != nil {
		return i, err
	}
	inside := e.text[i+1 : end]
	if !isConstantIndex(inside) {
		return i, b.fail(e, i, "in text an index is a number or a name in quotes",
			"write $( … ) around the expression, or put a space before a bracket that is text")
	}
	return end + 1, nil
}

func isConstantIndex(inside []rune) bool {
	if len(inside) >= 2 && (inside[0] == '"' || inside[0] == '\'') {
		return inside[len(inside)-1] == inside[0]
	}
	digits := strings.TrimPrefix(string(inside), "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// closing finds the counterpart of the bracket at open, past the strings and brackets within.
func (b *builder) closing(e excerpt, open int) (int, error) {
	var opened []int
	for i := open; i < len(e.text); i++ {
		switch char := e.text[i]; char {
		case '(', '[', '{':
			opened = append(opened, i)
		case ')', ']', '}':
			last := opened[len(opened)-1]
			if !closes(string(e.text[last]), string(char)) {
				return 0, b.fail(e, i, fmt.Sprintf("unexpected %q", string(char)), "")
			}
			if opened = opened[:len(opened)-1]; len(opened) == 0 {
				return i, nil
			}
		case '"', '\'', '`':
			for i++; i < len(e.text) && e.text[i] != char; i++ {
				if e.text[i] == '\\' && char != '`' {
					i++
				}
			}
		}
	}
	return 0, b.fail(e, open, fmt.Sprintf("%q is not closed", string(e.text[open])), "")
}

// isNameStart and nameEnd read a name as expr-lang does, but for the dollar sign, which begins the next reference.
func isNameStart(char rune) bool { return char == '_' || unicode.IsLetter(char) }

func nameEnd(text []rune, i int) int {
	for i < len(text) && (isNameStart(text[i]) || unicode.IsDigit(text[i])) {
		i++
	}
	return i
}

// constantText is the text of e where it has no references.
func (b *builder) constantText(e excerpt) (text string, ok bool) {
	fragments, err := b.fragments(e)
	if err != nil || len(fragments) > 1 || len(fragments) == 1 && !fragments[0].literal {
		return "", false
	}
	return string(e.text), true
}

// text builds text in which references are replaced.
func (b *builder) text(e excerpt) (node, error) {
	fragments, err := b.fragments(e)
	if err != nil {
		return nil, err
	}
	result := &textNode{at: b.position(e, 0)}
	for _, fragment := range fragments {
		if fragment.literal {
			result.parts = append(result.parts, piece{literal: string(fragment.text)})
			continue
		}
		inner, err := b.expression(fragment.inner)
		if err != nil {
			return nil, err
		}
		result.parts = append(result.parts, piece{node: inner})
	}
	switch {
	case len(result.parts) == 0:
		return constant{""}, nil
	case len(result.parts) == 1 && result.parts[0].node == nil:
		return constant{result.parts[0].literal}, nil
	}
	return result, nil
}
