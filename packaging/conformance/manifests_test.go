package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// TestManifests decodes the manifests into Kubernetes's own types, which know every field.
func TestManifests(t *testing.T) {
	const folder = "../kubernetes"
	for name, object := range map[string]any{
		"statefulset.yaml": new(apps.StatefulSet),
		"service.yaml":     new(core.Service),
	} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
			if err := yaml.UnmarshalStrict(document, object); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	manifests, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(manifests) != 3 { // with kustomization.yaml, which is no object of the API
		t.Errorf("the manifests are %v: %v", manifests, err)
	}
}
