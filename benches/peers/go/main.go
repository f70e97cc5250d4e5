// Loads a whole vault with Azure's SDK for Go, as a service would at its start: the names page by page, and the values,
// at most 32 at once, while later pages are still on their way.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"golang.org/x/sync/errgroup"
)

const atOnce = 32

func main() {
	start := time.Now()
	values, err := load(context.Background())
	took := time.Since(start)
	if err == nil && strconv.Itoa(len(values)) != os.Getenv("START_SECRETS") {
		err = fmt.Errorf("%d secrets, not the %s of START_SECRETS", len(values), os.Getenv("START_SECRETS"))
	}
	if err != nil {
		// The SDK's errors have many lines.
		fmt.Fprintln(os.Stderr, strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
	fmt.Printf("{\"secrets\": %d, \"load_ms\": %.1f}\n", len(values), took.Seconds()*1000)
}

func load(ctx context.Context) (map[string]string, error) {
	client, err := connect()
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	var lock sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	// Gets wait for a free place in goroutines of their own, so that the list never does.
	places := make(chan struct{}, atOnce)
	for pager := client.NewListSecretPropertiesPager(nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, errors.Join(group.Wait(), err)
		}
		for _, item := range page.Value {
			group.Go(func() error {
				places <- struct{}{}
				defer func() { <-places }()
				secret, err := client.GetSecret(ctx, item.ID.Name(), "", nil)
				if err != nil {
					return err
				}
				lock.Lock()
				defer lock.Unlock()
				values[item.ID.Name()] = *secret.Value
				return nil
			})
		}
	}
	return values, group.Wait()
}

func connect() (*azsecrets.Client, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(os.Getenv("START_CA"))
	if err != nil {
		return nil, err
	}
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("START_CA holds no certificate")
	}
	// With a TLS configuration of its own it speaks HTTP/2 only because the default has ForceAttemptHTTP2.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	// Else, where there is no HTTP/2, all but two connections would be closed after a get and made again for the next one.
	transport.MaxIdleConnsPerHost = atOnce
	// Credential and vault share it, and its connections.
	options := azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: os.Getenv("AZURE_AUTHORITY_HOST")},
		Transport: &http.Client{Transport: transport},
	}
	credential, err := azidentity.NewClientSecretCredential(
		os.Getenv("AZURE_TENANT_ID"), os.Getenv("AZURE_CLIENT_ID"), os.Getenv("AZURE_CLIENT_SECRET"),
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true},
	)
	if err != nil {
		return nil, err
	}
	return azsecrets.NewClient(os.Getenv("AZURE_KEYVAULT_URL"), credential, &azsecrets.ClientOptions{
		ClientOptions: options, DisableChallengeResourceVerification: true,
	})
}
