package badger

import "container/heap"

// pile gives the first of its items by an order, and each of them up again. Items know their places in it, 0 for none.
type pile[T any] struct {
	items  []T
	before func(a, b T) bool
	place  func(T) *int
}

func (p *pile[T]) first() (item T, ok bool) {
	if len(p.items) == 0 {
		return item, false
	}
	return p.items[0], true
}

func (p *pile[T]) add(item T) { heap.Push(p, item) }

func (p *pile[T]) remove(item T) { heap.Remove(p, *p.place(item)-1) }

// moved puts an item in its place again, whose order has changed.
func (p *pile[T]) moved(item T) { heap.Fix(p, *p.place(item)-1) }

// Len implements heap.Interface.
func (p *pile[T]) Len() int { return len(p.items) }

// Less implements heap.Interface.
func (p *pile[T]) Less(i, j int) bool { return p.before(p.items[i], p.items[j]) }

// Swap implements heap.Interface.
func (p *pile[T]) Swap(i, j int) {
	p.items[i], p.items[j] = p.items[j], p.items[i]
	*p.place(p.items[i]), *p.place(p.items[j]) = i+1, j+1
}

// Push implements heap.Interface.
func (p *pile[T]) Push(item any) {
	p.items = append(p.items, item.(T))
	*p.place(item.(T)) = len(p.items)
}

// Pop implements heap.Interface.
func (p *pile[T]) Pop() any {
	last := len(p.items) - 1
	item := p.items[last]
	clear(p.items[last:])
	p.items = p.items[:last]
	*p.place(item) = 0
	return item
}
