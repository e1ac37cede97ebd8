param location string
param tags object
param token string
@allowed(['stopped', 'plan-only', 'maintain'])
param mode string
@allowed(['scheduler', 'storage'])
param durableBackend string
param runtimeVersion string
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyDurableInstanceCount int
param alwaysReadyHttpInstanceCount int
@description('id and clientId of the identity that runs the app and reads clusters.')
param reader object
@description('id and clientId of the identity that writes to clusters.')
param writer object
@description('Subnet the app reaches out from; blank without a virtual network.')
param subnetId string
param blobEndpoint string
param queueEndpoint string
param tableEndpoint string
param deploymentContainer string
@description('Blank with the storage backend.')
param schedulerEndpoint string
param taskHubName string
param serviceBusHost string
param vaultUri string
param insightsConnectionString string
@description('apiUrl, appId, appLogin and appKeyId.')
param gitHub object
@description('repository and path.')
param policies object
@description('Whether the app sends spans and metrics by itself; the host sends its own either way.')
@allowed(['true', 'false'])
param otelEnabled string
param pollShortestSeconds int
param pollLongestSeconds int
@description('Used by the storage backend alone.')
param runHistoryDays int
@description('window, debt and delivery: six fields each, seconds first, UTC.')
param schedules object

// Who only plans has no identity to write with. Stopped keeps it: people may still abort what runs.
var isWriter = mode != 'plan-only'

var hostSettings = {
  AzureWebJobsStorage__blobServiceUri: blobEndpoint
  AzureWebJobsStorage__clientId: reader.clientId
  AzureWebJobsStorage__credential: 'managedidentity'
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${reader.clientId};Authorization=AAD'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  // By default the host's exporter keeps five traces a second and drops the lines of the others, and alerts ring by lines.
  OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'
  OTEL_TRACES_SAMPLER_ARG: '1.0'
  TASKHUB_NAME: taskHubName
}

var schedulerSettings = {
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${schedulerEndpoint};Authentication=ManagedIdentity;ClientID=${reader.clientId}'
}

// Settings of this form override host.json, so that one package runs on either backend.
var storageSettings = {
  AzureWebJobsStorage__queueServiceUri: queueEndpoint
  AzureWebJobsStorage__tableServiceUri: tableEndpoint
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'AzureStorage'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionName: 'AzureWebJobsStorage'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__maxQueuePollingInterval: '00:00:10'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__partitionCount: '4'
}

var appSettings = {
  SLACKWATER_MODE: mode
  GITHUB_WEBHOOK_SECRETS: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/github-webhook-secrets)'
  GITHUB_API_URL: gitHub.apiUrl
  GITHUB_APP_ID: gitHub.appId
  GITHUB_APP_KEY_ID: gitHub.appKeyId
  GITHUB_APP_LOGIN: gitHub.appLogin
  POLICY_REPOSITORY: policies.repository
  POLICY_PATH: policies.path
  ServiceBusConnection__fullyQualifiedNamespace: serviceBusHost
  ServiceBusConnection__credential: 'managedidentity'
  ServiceBusConnection__clientId: reader.clientId
  AZURE_CLIENT_ID: reader.clientId
  AZURE_WRITER_CLIENT_ID: isWriter ? writer.clientId : ''
  OTEL_ENABLED: otelEnabled
  POLL_SECONDS_SHORTEST: string(pollShortestSeconds)
  POLL_SECONDS_LONGEST: string(pollLongestSeconds)
  // A scheduler forgets by its own retention.
  RUN_HISTORY_DAYS: durableBackend == 'storage' ? string(runHistoryDays) : ''
  WINDOW_TIMER_SCHEDULE: schedules.window
  DEBT_TIMER_SCHEDULE: schedules.debt
  DELIVERY_TIMER_SCHEDULE: schedules.delivery
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-slackwater-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: 'func-slackwater-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'slackwater' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: isWriter ? { '${reader.id}': {}, '${writer.id}': {} } : { '${reader.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: reader.id
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${deploymentContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: reader.id
          }
        }
      }
      runtime: {
        name: 'node'
        version: runtimeVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: filter(
          [
            { name: 'durable', instanceCount: alwaysReadyDurableInstanceCount }
            { name: 'http', instanceCount: alwaysReadyHttpInstanceCount }
          ],
          group => group.instanceCount > 0
        )
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: union(hostSettings, durableBackend == 'storage' ? storageSettings : schedulerSettings, appSettings)
}

@description('No password opens the deployment endpoints.')
resource noFilePasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noDeploymentPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

output name string = app.name
output hostName string = app.properties.defaultHostName
