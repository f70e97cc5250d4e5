// Azure's SDK for Go against the emulator whose JSON line is in the file that is named. Prints a line a check and a last
// one with the totals.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

type ready struct {
	URL                string `json:"url"`
	Authority          string `json:"authority"`
	Tenant             string `json:"tenant"`
	ClientID           string `json:"client_id"`
	ClientSecret       string `json:"client_secret"`
	FederatedTokenFile string `json:"federated_token_file"`
	IdentityEndpoint   string `json:"identity_endpoint"`
	IdentityHeader     string `json:"identity_header"`
}

const (
	readerID     = "22222222-2222-4222-8222-222222222222"
	readerSecret = "reader-secret"
)

var ctx = context.Background()

type check struct {
	name string
	act  func() error
}

// once: a failing check shows at once what failed.
func once(line ready) azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: line.Authority},
		Retry: policy.RetryOptions{MaxRetries: -1},
	}
}

func clientOf(line ready, credential azcore.TokenCredential) (*azsecrets.Client, error) {
	return azsecrets.NewClient(line.URL, credential, &azsecrets.ClientOptions{
		ClientOptions:                        azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}},
		DisableChallengeResourceVerification: true,
	})
}

func withSecret(line ready, id, secret string) (azcore.TokenCredential, error) {
	return azidentity.NewClientSecretCredential(line.Tenant, id, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: once(line), DisableInstanceDiscovery: true,
	})
}

func withFederatedToken(line ready) (azcore.TokenCredential, error) {
	return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: once(line), ClientID: line.ClientID, TenantID: line.Tenant,
		TokenFilePath: line.FederatedTokenFile, DisableInstanceDiscovery: true,
	})
}

// managed reads the environment when it is made, and again when it is asked for a token.
func managed(variables map[string]string) (azcore.TokenCredential, error) {
	for name, value := range variables {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	return azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}},
	})
}

// elsewhere sends what is meant for a virtual machine's own address to the emulator: no variable does.
type elsewhere struct{ host string }

func (place elsewhere) Do(request *http.Request) (*http.Response, error) {
	if request.URL.Host == "169.254.169.254" {
		request.URL.Host = place.host
		request.Host = place.host
	}
	return http.DefaultClient.Do(request)
}

// onMachine names the identity, so that the token is none of App Service's, which the process remembers.
func onMachine(line ready, host string) (azcore.TokenCredential, error) {
	for _, name := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER"} {
		if err := os.Unsetenv(name); err != nil {
			return nil, err
		}
	}
	return azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: azcore.ClientOptions{
			Retry: policy.RetryOptions{MaxRetries: -1}, Transport: elsewhere{host},
		},
		ID: azidentity.ClientID(line.ClientID),
	})
}

func must(holds bool, what string, values ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(what, values...)
}

// refused: the error must have this status, code and, unless it is empty, this text in its body.
func refused(err error, status int, code, text string) error {
	var response *azcore.ResponseError
	if !errors.As(err, &response) {
		return fmt.Errorf("no refusal: %w", err)
	}
	if response.StatusCode != status || response.ErrorCode != code {
		return fmt.Errorf("%d %s, not %d %s", response.StatusCode, response.ErrorCode, status, code)
	}
	return must(strings.Contains(err.Error(), text), "no %q in %s", text, err)
}

// walk: in this order, each check stands on what the one before it left. `name` is the credential's own secret.
func walk(client *azsecrets.Client, name string) []check {
	var version string
	var backup []byte
	set := func(name, value string) (azsecrets.SetSecretResponse, error) {
		return client.SetSecret(ctx, name, azsecrets.SetSecretParameters{Value: &value}, nil)
	}
	// Whether the value, of any version if none is named, is this one.
	holds := func(version, value string) error {
		secret, err := client.GetSecret(ctx, name, version, nil)
		if err != nil {
			return err
		}
		return must(*secret.Value == value, "it is %q", *secret.Value)
	}
	enable := func(enabled bool) error {
		_, err := client.UpdateSecretProperties(ctx, name, version, azsecrets.UpdateSecretPropertiesParameters{
			SecretAttributes: &azsecrets.SecretAttributes{Enabled: &enabled},
		}, nil)
		return err
	}
	remove := func() error {
		if _, err := client.DeleteSecret(ctx, name, nil); err != nil {
			return err
		}
		_, err := client.PurgeDeletedSecret(ctx, name, nil)
		return err
	}
	return []check{
		{"list pages", func() error {
			seeded := map[string]bool{}
			for pager := client.NewListSecretPropertiesPager(nil); pager.More(); {
				page, err := pager.NextPage(ctx)
				if err != nil {
					return err
				}
				if len(page.Value) > 25 {
					return fmt.Errorf("%d on a page", len(page.Value))
				}
				for _, item := range page.Value {
					if strings.HasPrefix(item.ID.Name(), "Seeded-") {
						seeded[item.ID.Name()] = true
					}
				}
			}
			return must(len(seeded) == 60, "%d", len(seeded))
		}},
		{"set", func() error {
			value, kind, team := "first", "text/plain", "one"
			secret, err := client.SetSecret(ctx, name, azsecrets.SetSecretParameters{
				Value: &value, ContentType: &kind, Tags: map[string]*string{"team": &team},
			}, nil)
			if err != nil {
				return err
			}
			version = secret.ID.Version()
			return must(len(version) == 32 && *secret.Tags["team"] == team, "%v", secret.ID)
		}},
		{"get", func() error { return holds("", "first") }},
		{"get a version", func() error {
			if _, err := set(name, "second"); err != nil {
				return err
			}
			return errors.Join(holds(version, "first"), holds("", "second"))
		}},
		{"list versions", func() error {
			page, err := client.NewListSecretPropertiesVersionsPager(name, nil).NextPage(ctx)
			if err != nil {
				return err
			}
			return must(len(page.Value) == 2 && page.Value[0].Tags == nil != (page.Value[1].Tags == nil), "%v", page.Value)
		}},
		{"list the versions of nothing", func() error {
			page, err := client.NewListSecretPropertiesVersionsPager("Nothing", nil).NextPage(ctx)
			if err != nil {
				return err
			}
			return must(len(page.Value) == 0, "%v", page.Value)
		}},
		{"get nothing", func() error {
			_, err := client.GetSecret(ctx, "Nothing", "", nil)
			return refused(err, 404, "SecretNotFound", "A secret with (name/id) Nothing was not found")
		}},
		{"get nothing that was deleted", func() error {
			_, err := client.GetDeletedSecret(ctx, "Nothing", nil)
			return refused(err, 404, "SecretNotFound", "Deleted Secret not found: Nothing")
		}},
		{"update", func() error {
			kind := "text/html"
			updated, err := client.UpdateSecretProperties(ctx, name, version, azsecrets.UpdateSecretPropertiesParameters{
				ContentType: &kind,
			}, nil)
			if err != nil {
				return err
			}
			return must(*updated.ContentType == kind, "%s", *updated.ContentType)
		}},
		{"disable then get", func() error {
			if err := enable(false); err != nil {
				return err
			}
			_, err := client.GetSecret(ctx, name, version, nil)
			return errors.Join(refused(err, 403, "Forbidden", "SecretDisabled"), enable(true))
		}},
		{"delete", func() error {
			deleted, err := client.DeleteSecret(ctx, name, nil)
			if err != nil {
				return err
			}
			_, err = client.GetSecret(ctx, name, "", nil)
			recovery := must(strings.HasSuffix(*deleted.RecoveryID, "/deletedsecrets/"+name), "%s", *deleted.RecoveryID)
			return errors.Join(recovery, refused(err, 404, "SecretNotFound", ""))
		}},
		{"list deleted", func() error {
			page, err := client.NewListDeletedSecretPropertiesPager(nil).NextPage(ctx)
			if err != nil {
				return err
			}
			return must(len(page.Value) == 1 && page.Value[0].ID.Name() == name, "%v", page.Value)
		}},
		{"set while deleted", func() error {
			_, err := set(name, "x")
			return refused(err, 409, "Conflict", "ObjectIsDeletedButRecoverable")
		}},
		{"recover", func() error {
			if _, err := client.RecoverDeletedSecret(ctx, name, nil); err != nil {
				return err
			}
			return holds("", "second")
		}},
		{"backup", func() error {
			answer, err := client.BackupSecret(ctx, name, nil)
			if err != nil {
				return err
			}
			backup = answer.Value
			return must(len(backup) > 0 && !bytes.Contains(backup, []byte("second")), "it can be read")
		}},
		{"restore over what is there", func() error {
			_, err := client.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: backup}, nil)
			return refused(err, 409, "Conflict", "")
		}},
		{"purge and restore", func() error {
			if err := remove(); err != nil {
				return err
			}
			_, err := client.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: backup}, nil)
			return errors.Join(err, holds(version, "first"), holds("", "second"))
		}},
		{"restore nonsense", func() error {
			nonsense := azsecrets.RestoreSecretParameters{SecretBackup: make([]byte, 99)}
			_, err := client.RestoreSecret(ctx, nonsense, nil)
			return refused(err, 400, "Malformed backup blob", "Backup blob contains invalid or corrupt version.")
		}},
		{"purge", remove},
	}
}

func signingIn(line ready) []check {
	return []check{
		{"a wrong secret", func() error {
			credential, err := withSecret(line, line.ClientID, "not-the-secret")
			if err != nil {
				return err
			}
			client, err := clientOf(line, credential)
			if err != nil {
				return err
			}
			_, err = client.GetSecret(ctx, "Seeded-00", "", nil)
			if err == nil {
				return errors.New("it was accepted")
			}
			text := err.Error()
			return must(strings.Contains(text, "AADSTS7000215") && !strings.Contains(text, "not-the-secret"), "%s", text)
		}},
		{"a missing permission", func() error {
			credential, err := withSecret(line, readerID, readerSecret)
			if err != nil {
				return err
			}
			client, err := clientOf(line, credential)
			if err != nil {
				return err
			}
			if _, err := client.GetSecret(ctx, "Seeded-00", "", nil); err != nil {
				return err
			}
			_, err = client.NewListSecretPropertiesPager(nil).NextPage(ctx)
			return refused(err, 403, "Forbidden", "ForbiddenByRbac")
		}},
	}
}

var passed, failed int

func run(group string, checks []check) {
	before := passed
	for _, check := range checks {
		if err := check.act(); err != nil {
			failed++
			fmt.Printf("FAILED  %s: %s: %s\n", group, check.name, err)
		} else {
			passed++
			fmt.Printf("ok      %s: %s\n", group, check.name)
		}
	}
	fmt.Printf("%s: %d of %d\n", group, passed-before, len(checks))
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var line ready
	if err := json.Unmarshal(text, &line); err != nil {
		panic(err)
	}
	identity, err := url.Parse(line.IdentityEndpoint)
	if err != nil {
		panic(err)
	}
	credentials := []struct {
		group string
		make  func() (azcore.TokenCredential, error)
	}{
		{"client secret", func() (azcore.TokenCredential, error) { return withSecret(line, line.ClientID, line.ClientSecret) }},
		{"federated token", func() (azcore.TokenCredential, error) { return withFederatedToken(line) }},
		{"App Service", func() (azcore.TokenCredential, error) {
			return managed(map[string]string{
				"IDENTITY_ENDPOINT": line.IdentityEndpoint, "IDENTITY_HEADER": line.IdentityHeader,
			})
		}},
		{"virtual machine", func() (azcore.TokenCredential, error) {
			return onMachine(line, identity.Host)
		}},
	}
	for _, way := range credentials {
		credential, err := way.make()
		if err != nil {
			panic(err)
		}
		client, err := clientOf(line, credential)
		if err != nil {
			panic(err)
		}
		run(way.group, walk(client, "By-"+strings.ReplaceAll(way.group, " ", "-")))
	}
	run("signing in", signingIn(line))
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
