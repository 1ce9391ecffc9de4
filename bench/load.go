package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// token is what the bench's connectors ask for.
const token = "bench-token-0123456789"

// body is an order of 1 KB.
var body = fmt.Sprintf(`{"event_type":"order.created","order":{"id":"ORD-12345","total":49.5,"items":[%s]},`+
	`"customer":{"first_name":"Jane","last_name":"Doe","email":"jane@example.com"}}`,
	strings.TrimSuffix(strings.Repeat(`{"sku":"A-1001","name":"A thing to buy","quantity":2,"price":12.25},`, 13), ","))

// result is what one case did in one round.
type result struct {
	rate     float64
	p50, p99 time.Duration
}

// load sends requests over so many connections, one at a time on each, and times each.
func load(address, path string, connections int, duration time.Duration) (result, error) {
	request := []byte("POST " + path + " HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/json\r\n" +
		"Authorization: Bearer " + token + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	var (
		workers sync.WaitGroup
		mu      sync.Mutex
		all     []time.Duration
		faults  []error
	)
	start := time.Now()
	for range connections {
		workers.Go(func() {
			times, err := connection(address, request, start.Add(duration))
			mu.Lock()
			defer mu.Unlock()
			all = append(all, times...)
			if err != nil {
				faults = append(faults, err)
			}
		})
	}
	workers.Wait()
	elapsed := time.Since(start)
	if err := errors.Join(faults...); err != nil {
		return result{}, err
	}
	slices.Sort(all)
	return result{
		rate: float64(len(all)) / elapsed.Seconds(), p50: all[len(all)/2], p99: all[len(all)*99/100],
	}, nil
}

func connection(address string, request []byte, until time.Time) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	var times []time.Duration
	for time.Now().Before(until) {
		start := time.Now()
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		resp, err := http.ReadResponse(reader, nil)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("status %d: %s", resp.StatusCode, text)
		}
		times = append(times, time.Since(start))
	}
	return times, nil
}

// target answers every request with a small document.
func target(address string) error {
	server := &http.Server{
		Addr: address, ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"ok":true}`)
		}),
	}
	return server.ListenAndServe()
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// waitFor polls until every address accepts connections.
func waitFor(addresses ...string) error {
	for _, address := range addresses {
		deadline := time.Now().Add(30 * time.Second)
		for {
			conn, err := net.DialTimeout("tcp", address, time.Second)
			if err == nil {
				_ = conn.Close()
				break
			}
			if time.Now().After(deadline) {
				return err
			}
			<-time.After(50 * time.Millisecond)
		}
	}
	return nil
}
