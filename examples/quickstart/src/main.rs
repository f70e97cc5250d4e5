//! Quickstart.
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use config_azure_keyvault::AzureKeyVault;
    let e = keyvault_emulator::KeyVaultEmulator::start().await?;
    let url = e.vault_url("quickstart");
    let v = e.vault("quickstart");
    for i in 0..60 {
        v.seed(keyvault_emulator::SecretSeed::new(format!("Un--Rel{i}"), "x"));
    }
    let vault = AzureKeyVault::new(url)
        .http_client(e.http_client())
        .environment("Production")
        .process_environment(
            [
                ("AZURE_TENANT_ID", e.tenant()),
                ("AZURE_CLIENT_ID", e.client_id()),
                ("AZURE_CLIENT_SECRET", e.client_secret()),
                ("AZURE_AUTHORITY_HOST", &e.authority()),
            ]
            .map(|(k, v)| (k.to_string(), v.to_string())),
        );
    let b = config::Config::builder().add_async_source(vault.clone());
    let c = b.build_cloned().await?;
    println!(
        "{:#?}",
        vault.report().map(|mut r| {
            r.loaded.truncate(2);
            r
        })
    );
    let _ = b.build_cloned().await?;
    println!("{} {:?}", vault.report().unwrap(), vault.report().unwrap().unchanged);
    drop(c);
    println!("{:?}", e.counts());
    Ok(())
}
