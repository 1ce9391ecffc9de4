// Package conformance holds what is shipped beside the gateway against the software that it is for: the alert rules and
// the dashboard against Prometheus's engine, the manifests against Kubernetes's types. It has no code but tests.
package conformance

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
	"go.yaml.in/yaml/v2"
)

const observability = "../../examples/observability"

// ruleTests is a file of promtool's tests of rules, as far as ours uses the format:
// https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
type ruleTests struct {
	RuleFiles          []string       `yaml:"rule_files"`
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	Tests              []ruleTest     `yaml:"tests"`
}

type ruleTest struct {
	Name        string         `yaml:"name"`
	Interval    model.Duration `yaml:"interval"`
	InputSeries []struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	} `yaml:"input_series"`
	Alerts []alertTest `yaml:"alert_rule_test"`
}

type alertTest struct {
	At       model.Duration `yaml:"eval_time"`
	Name     string         `yaml:"alertname"`
	Expected []alert        `yaml:"exp_alerts"`
}

type alert struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

// TestAlerts evaluates the rules over the series of rules_test.yml, as `promtool test rules` does. Each alert is seen to
// fire, and to be silent while there are series that it could fire for.
func TestAlerts(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(observability, "rules_test.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file ruleTests
	if err := yaml.UnmarshalStrict(text, &file); err != nil {
		t.Fatal(err)
	}
	fires, silent, names := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for _, test := range file.Tests {
		t.Run(test.Name, func(t *testing.T) {
			for _, name := range test.run(t, &file) {
				names[name] = true
			}
		})
		for _, a := range test.Alerts {
			fires[a.Name] = fires[a.Name] || len(a.Expected) > 0
			silent[a.Name] = silent[a.Name] || len(a.Expected) == 0
		}
	}
	for name := range names {
		if !fires[name] || !silent[name] {
			t.Errorf("%s is seen to fire: %t, and to be silent: %t", name, fires[name], silent[name])
		}
	}
	for name := range fires {
		if !names[name] {
			t.Errorf("%s is tested, and no rule", name)
		}
	}
}

// run evaluates the rules of file and returns the names of its alerts.
func (test *ruleTest) run(t *testing.T, file *ruleTests) (names []string) {
	var series strings.Builder
	fmt.Fprintf(&series, "load %s\n", test.Interval)
	for _, s := range test.InputSeries {
		fmt.Fprintf(&series, "  %s %s\n", s.Series, s.Values)
	}
	suite, err := promqltest.NewLazyLoader(series.String(), promqltest.LazyLoaderOpts{
		EnableAtModifier: true, EnableNegativeOffset: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer suite.Close()
	groups, alerting := load(t, file, suite)

	step, end := time.Duration(file.EvaluationInterval), time.Duration(0)
	for _, a := range test.Alerts {
		end = max(end, time.Duration(a.At))
		if time.Duration(a.At)%step != 0 {
			t.Fatalf("%s is looked at after %s, which is no multiple of %s", a.Name, a.At, step)
		}
	}
	for at := time.Duration(0); at <= end; at += step {
		suite.WithSamplesTill(time.Unix(0, 0).Add(at), func(err error) {
			if err != nil {
				t.Fatal(err)
			}
			for _, group := range groups {
				group.Eval(suite.Context(), time.Unix(0, 0).Add(at))
			}
		})
		for _, rule := range alerting {
			if err := rule.LastError(); err != nil {
				t.Fatalf("%s: %v", rule.Name(), err)
			}
		}
		for _, a := range test.Alerts {
			if time.Duration(a.At) == at {
				a.check(t, alerting[a.Name])
			}
		}
	}
	return slices.Collect(maps.Keys(alerting))
}

func (a *alertTest) check(t *testing.T, rule *rules.AlertingRule) {
	if rule == nil {
		t.Errorf("there is no alert %s", a.Name)
		return
	}
	var firing []alert
	for _, active := range rule.ActiveAlerts() {
		if active.State == rules.StateFiring {
			named := active.Labels.Map()
			delete(named, model.AlertNameLabel)
			firing = append(firing, alert{named, active.Annotations.Map()})
		}
	}
	inOrder := func(a, b alert) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
	slices.SortFunc(firing, inOrder)
	slices.SortFunc(a.Expected, inOrder)
	if diff := cmp.Diff(a.Expected, firing); diff != "" {
		t.Errorf("%s after %s (-want +got):\n%s", a.Name, a.At, diff)
	}
}

// load reads the rules that file names, strictly.
func load(t *testing.T, file *ruleTests, suite *promqltest.LazyLoader) ([]*rules.Group, map[string]*rules.AlertingRule) {
	var paths []string
	for _, name := range file.RuleFiles {
		paths = append(paths, filepath.Join(observability, name))
	}
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc:    rules.EngineQueryFunc(suite.QueryEngine(), suite.Storage()),
		AppendableV2: suite.Storage(), Context: t.Context(), Logger: slog.New(slog.DiscardHandler),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {}, Parser: parser.NewParser(parser.Options{}),
	})
	groups, errs := manager.LoadGroups(time.Duration(file.EvaluationInterval), labels.EmptyLabels(), "", nil, false, paths...)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	alerting := make(map[string]*rules.AlertingRule)
	for _, group := range groups {
		for _, rule := range group.Rules() {
			if a, ok := rule.(*rules.AlertingRule); ok {
				a.SetRestored(true) // so that it is evaluated as after the start
				alerting[a.Name()] = a
			}
		}
	}
	return slices.Collect(maps.Values(groups)), alerting
}
