package krosyn_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// statefulSet is what of a StatefulSet the gateway depends on; that the rest is as Kubernetes wants it is tested in
// packaging/conformance.
type statefulSet struct {
	Spec struct {
		Replicas *int
		Selector struct{ MatchLabels map[string]string }
		Template struct {
			Metadata struct{ Labels, Annotations map[string]string }
			Spec     pod
		}
		VolumeClaimTemplates []struct{ Metadata struct{ Name string } }
	}
}

type pod struct {
	AutomountServiceAccountToken  *bool
	TerminationGracePeriodSeconds int
	SecurityContext               struct {
		RunAsNonRoot       bool
		RunAsUser, FSGroup int
		SeccompProfile     struct{ Type string }
	}
	Containers []struct {
		Args            []string
		SecurityContext struct {
			AllowPrivilegeEscalation *bool
			ReadOnlyRootFilesystem   bool
			Capabilities             struct{ Drop []string }
		}
		StartupProbe, LivenessProbe, ReadinessProbe struct{ HTTPGet struct{ Path, Port string } }
		Ports                                       []struct {
			Name          string
			ContainerPort int
		}
		VolumeMounts []struct{ Name, MountPath string }
		Resources    struct{ Limits map[string]string }
	}
	Volumes []struct{ Name string }
}

// fromYAML decodes YAML as JSON, so that names need not have the case of fields.
func fromYAML[T any](t *testing.T, text string) (decoded T) {
	t.Helper()
	var document any
	err := yaml.Unmarshal([]byte(text), &document)
	if err == nil {
		var asJSON []byte
		if asJSON, err = json.Marshal(document); err == nil {
			err = json.Unmarshal(asJSON, &decoded)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// TestKubernetes has the manifests agree with each other, with the image and with the Caddyfile beside them.
func TestKubernetes(t *testing.T) {
	set := fromYAML[statefulSet](t, read(t, "packaging/kubernetes/statefulset.yaml")).Spec
	service := fromYAML[struct {
		Spec struct {
			Selector map[string]string
			Ports    []struct{ TargetPort string }
		}
	}](t, read(t, "packaging/kubernetes/service.yaml")).Spec
	labels := set.Template.Metadata.Labels
	if len(labels) == 0 || !maps.Equal(labels, set.Selector.MatchLabels) || !maps.Equal(labels, service.Selector) {
		t.Errorf("the pod is %v, the set looks for %v and the service for %v", labels, set.Selector.MatchLabels, service.Selector)
	}
	if set.Replicas == nil || *set.Replicas != 1 {
		t.Error("the store belongs to one process: there must be one replica")
	}
	of := set.Template.Spec
	if context := of.SecurityContext; !context.RunAsNonRoot || context.RunAsUser != 65532 || context.FSGroup != 65532 ||
		context.SeccompProfile.Type != "RuntimeDefault" || of.AutomountServiceAccountToken == nil || *of.AutomountServiceAccountToken {
		t.Errorf("the pod may too much: %+v", context)
	}
	if len(of.Containers) != 1 || len(service.Ports) != 1 {
		t.Fatalf("%d containers, %d ports of the service", len(of.Containers), len(service.Ports))
	}
	gateway := of.Containers[0]
	if context := gateway.SecurityContext; context.AllowPrivilegeEscalation == nil || *context.AllowPrivilegeEscalation ||
		!context.ReadOnlyRootFilesystem || !slices.Equal(context.Capabilities.Drop, []string{"ALL"}) {
		t.Errorf("the container may too much: %+v", context)
	}
	if gateway.Resources.Limits["memory"] == "" {
		t.Error("the memory has no limit")
	}

	volumes, mounted := []string{}, map[string]string{}
	for _, volume := range of.Volumes {
		volumes = append(volumes, volume.Name)
	}
	for _, claim := range set.VolumeClaimTemplates {
		volumes = append(volumes, claim.Metadata.Name)
	}
	for _, mount := range gateway.VolumeMounts {
		mounted[mount.Name] = mount.MountPath
	}
	if slices.Sort(volumes); !slices.Equal(volumes, slices.Sorted(maps.Keys(mounted))) {
		t.Errorf("volumes %v, mounts %v", volumes, mounted)
	}
	config := read(t, "packaging/kubernetes/Caddyfile")
	if mounted["data"] != find(t, read(t, "packaging/Dockerfile"), `^VOLUME (\S+)$`) ||
		!slices.Contains(gateway.Args, mounted["config"]+"/Caddyfile") ||
		!strings.Contains(config, "{file."+mounted["secrets"]+"/") {
		t.Errorf("the gateway does not look where things are: %v", mounted)
	}

	grace, err := time.ParseDuration(find(t, config, `^\tgrace_period +(\S+)$`))
	delay, wrong := time.ParseDuration(find(t, config, `^\tshutdown_delay +(\S+)$`))
	if waits := time.Duration(of.TerminationGracePeriodSeconds) * time.Second; err != nil || wrong != nil || waits <= grace+delay+stopTakes {
		t.Errorf("Kubernetes waits %s for a stop that may take %s", waits, grace+delay+stopTakes)
	}

	// What the sites serve, at which ports.
	sites := map[int][]string{8080: {"krosyn {"}, 9180: {"/live", "/ready", "/metrics"}}
	ports := map[string]int{}
	for _, port := range gateway.Ports {
		ports[port.Name] = port.ContainerPort
		_, site, _ := strings.Cut(config, "\nhttp://:"+find(t, config, `^http://:(`+strconv.Itoa(port.ContainerPort)+`) \{$`)+" {\n")
		site, _, _ = strings.Cut(site, "\n}\n")
		for _, served := range sites[port.ContainerPort] {
			if !strings.Contains(site, served) {
				t.Errorf("the site at %d does not serve %s", port.ContainerPort, served)
			}
		}
	}
	for path, asked := range map[string]struct{ HTTPGet struct{ Path, Port string } }{
		"/live": gateway.LivenessProbe, "/live ": gateway.StartupProbe, "/ready": gateway.ReadinessProbe,
	} {
		if asked.HTTPGet.Path != strings.TrimSpace(path) || ports[asked.HTTPGet.Port] != 9180 {
			t.Errorf("a probe of %s asks %+v", path, asked.HTTPGet)
		}
	}
	if scraped := set.Template.Metadata.Annotations; scraped["prometheus.io/port"] != "9180" || scraped["prometheus.io/path"] != "/metrics" {
		t.Errorf("Prometheus asks %v", scraped)
	}
	if ports[service.Ports[0].TargetPort] != 8080 {
		t.Errorf("the service leads to %s", service.Ports[0].TargetPort)
	}
}
