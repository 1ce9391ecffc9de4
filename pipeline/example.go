package pipeline

import (
	"fmt"

	"github.com/krosyn/gateway/expression/value"
)

// Missing compares what the connector reads of a payload with an example of one. Each line it gives is worth a warning:
// it names a directive that refers to a field which the example lacks and, where there is one, the nearest field.
func (c *Connector) Missing(example *value.Document) []string {
	var warnings []string
	for _, r := range c.readers {
		for _, missing := range r.program.Missing(example) {
			warnings = append(warnings, fmt.Sprintf("%s: %v", r.where, missing))
		}
	}
	return warnings
}
