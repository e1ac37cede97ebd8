targetScope = 'subscription'

metadata name = 'Slackwater'
metadata description = 'Everything Slackwater needs in one resource group. What each cluster needs is in cluster/.'

@description('Name of the azd environment; part of every resource name.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Region of every resource; `az functionapp list-flexconsumption-locations` lists those with Flex Consumption.')
param location string

@description('What Slackwater may do. stopped: no window opens, no unit starts. plan-only: plans and reports with the reader identity alone. maintain: upgrades.')
@allowed(['stopped', 'plan-only', 'maintain'])
param mode string = 'plan-only'

@description('Where orchestrations live: a Durable Task Scheduler, or the storage account.')
@allowed(['scheduler', 'storage'])
param durableBackend string = 'scheduler'

@description('Dedicated with three units is highly available; Consumption is not.')
@allowed(['Consumption', 'Dedicated'])
param schedulerSku string = 'Consumption'

@description('Capacity units of a Dedicated scheduler; three make it highly available.')
@minValue(1)
@maxValue(3)
param schedulerCapacityUnits int = 1

@description('How long finished runs stay in the scheduler, or in the storage account, failed ones there too. A week keeps a comment that GitHub sends again from being taken for new.')
@minValue(7)
@maxValue(90)
param completedRunRetentionDays int = 14

@description('How long failed runs stay in the scheduler.')
@minValue(7)
@maxValue(90)
param failedRunRetentionDays int = 30

@description('Major version of Node.js; `az functionapp list-flexconsumption-runtimes --runtime node` lists those of the region.')
param runtimeVersion string = '22'

@description('Memory of one instance: 512 is a quarter core, 2048 one core, 4096 two.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances at once.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances kept warm for orchestrations and activities; 0 starts them cold.')
@minValue(0)
param alwaysReadyDurableInstanceCount int = 1

@description('Instances kept warm for webhooks; 0 starts them cold, within the ten seconds GitHub waits.')
@minValue(0)
param alwaysReadyHttpInstanceCount int = 0

@description('How long logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Most that is taken into the log workspace in a day; -1 sets no limit.')
param logDailyCapGB int = 1

@description('Mail address that alerts go to; blank makes alerts that only show in the portal.')
param alertEmail string = ''

@description('Base of the GitHub REST API.')
param gitHubApiUrl string = 'https://api.github.com'

@description('Number of the GitHub App; blank until it is made, and nothing starts before.')
param gitHubAppId string = ''

@description('Login Slackwater comments with: the slug of the App followed by [bot].')
param gitHubAppLogin string = ''

@description('Identifier of the key of the App in the vault, with its version.')
param gitHubAppKeyId string = ''

@description('Repository of the policies, owner/name.')
param policyRepository string = ''

@description('Folder of the policies in that repository.')
param policyPath string = 'slackwater'

@description('Whether the app sends spans and metrics by itself, as OpenTelemetry. The host sends requests and lines either way.')
@allowed(['true', 'false'])
param otelEnabled string = 'false'

@description('Shortest wait between two looks at a running operation.')
@minValue(30)
@maxValue(150)
param pollShortestSeconds int = 30

@description('Longest wait between two looks.')
@minValue(30)
@maxValue(150)
param pollLongestSeconds int = 150

@description('When windows are looked for: six fields, seconds first, UTC. The alert on missing ticks expects one at least every 30 minutes.')
param windowTimerSchedule string = '0 */5 * * * *'

@description('When debts of earlier runs are looked at.')
param debtTimerSchedule string = '0 0 8 * * *'

@description('When lost webhooks are looked for.')
param deliveryTimerSchedule string = '30 */5 * * * *'

@description('private: a virtual network, private endpoints and one fixed egress address. Needed for private clusters and authorized IP ranges.')
@allowed(['public', 'private'])
param networkAccess string = 'public'

@description('Address space of the virtual network; /24 or larger.')
param virtualNetworkPrefix string = '10.80.0.0/24'

@description('Ranges people work from, which may reach the scheduler and the vault besides the app. Used when networkAccess is private; otherwise every range may, with a token.')
param peopleRanges array = []

@description('Object id of whoever deploys: may read the scheduler\'s dashboard and put key and secret into the vault. Blank gives nobody that.')
param principalId string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var isPrivate = networkAccess == 'private'
var queueName = 'inbox'
var topicName = 'events'

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
  }
}

module network 'modules/network.bicep' = if (isPrivate) {
  name: 'network'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    addressPrefix: virtualNetworkPrefix
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    retentionDays: logRetentionDays
    dailyCapGB: logDailyCapGB
    readerPrincipalId: identities.outputs.readerPrincipalId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    durableBackend: durableBackend
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    readerPrincipalId: identities.outputs.readerPrincipalId
  }
}

module messaging 'modules/messaging.bicep' = {
  name: 'messaging'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    queueName: queueName
    topicName: topicName
    readerPrincipalId: identities.outputs.readerPrincipalId
  }
}

module scheduler 'modules/scheduler.bicep' = if (durableBackend == 'scheduler') {
  name: 'scheduler'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    sku: schedulerSku
    capacityUnits: schedulerCapacityUnits
    allowedRanges: isPrivate ? peopleRanges : ['0.0.0.0/0']
    publicNetworkAccess: isPrivate && empty(peopleRanges) ? 'Disabled' : 'Enabled'
    completedRetentionDays: completedRunRetentionDays
    failedRetentionDays: failedRunRetentionDays
    readerPrincipalId: identities.outputs.readerPrincipalId
    deployerPrincipalId: principalId
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    allowedRanges: isPrivate ? peopleRanges : []
    defaultAction: isPrivate ? 'Deny' : 'Allow'
    readerPrincipalId: identities.outputs.readerPrincipalId
    deployerPrincipalId: principalId
  }
}

module endpoints 'modules/endpoints.bicep' = if (isPrivate) {
  name: 'endpoints'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    durableBackend: durableBackend
    virtualNetworkId: network!.outputs.virtualNetworkId
    subnetId: network!.outputs.endpointSubnetId
    storageAccountId: storage.outputs.accountId
    vaultId: vault.outputs.vaultId
    schedulerId: durableBackend == 'scheduler' ? scheduler!.outputs.schedulerId : ''
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    mode: mode
    durableBackend: durableBackend
    runtimeVersion: runtimeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyDurableInstanceCount: alwaysReadyDurableInstanceCount
    alwaysReadyHttpInstanceCount: alwaysReadyHttpInstanceCount
    reader: {
      id: identities.outputs.readerId
      clientId: identities.outputs.readerClientId
    }
    writer: {
      id: identities.outputs.writerId
      clientId: identities.outputs.writerClientId
    }
    subnetId: isPrivate ? network!.outputs.appSubnetId : ''
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    deploymentContainer: storage.outputs.deploymentContainer
    schedulerEndpoint: durableBackend == 'scheduler' ? scheduler!.outputs.endpoint : ''
    taskHubName: durableBackend == 'scheduler' ? scheduler!.outputs.taskHubName : 'slackwater'
    serviceBusHost: messaging.outputs.host
    vaultUri: vault.outputs.uri
    insightsConnectionString: monitoring.outputs.connectionString
    gitHub: {
      apiUrl: gitHubApiUrl
      appId: gitHubAppId
      appLogin: gitHubAppLogin
      appKeyId: gitHubAppKeyId
    }
    policies: {
      repository: policyRepository
      path: policyPath
    }
    otelEnabled: otelEnabled
    pollShortestSeconds: pollShortestSeconds
    pollLongestSeconds: pollLongestSeconds
    runHistoryDays: completedRunRetentionDays
    schedules: {
      window: windowTimerSchedule
      debt: debtTimerSchedule
      delivery: deliveryTimerSchedule
    }
  }
  dependsOn: [endpoints]
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    email: alertEmail
    workspaceId: monitoring.outputs.workspaceId
    serviceBusNamespaceId: messaging.outputs.namespaceId
    queueName: queueName
    isSetUp: !empty(gitHubAppId)
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

@description('Resource group of everything above.')
output AZURE_RESOURCE_GROUP string = group.name
@description('Function app, for az functionapp.')
output APP_NAME string = app.outputs.name
@description('Where GitHub sends webhooks.')
output WEBHOOK_URL string = 'https://${app.outputs.hostName}/api/github/webhook'
@description('Answers 200 when the settings are complete.')
output HEALTH_URL string = 'https://${app.outputs.hostName}/api/health'
@description('Asked by the hooks of azure.yaml before and after a deployment.')
output DEPLOYMENT_URL string = 'https://${app.outputs.hostName}/api/deployment'
@description('Vault for the key and the webhook secret of the GitHub App.')
output KEY_VAULT_NAME string = vault.outputs.name
@description('Identity that reads; cluster/main.bicep needs it.')
output READER_PRINCIPAL_ID string = identities.outputs.readerPrincipalId
@description('Identity that writes; cluster/main.bicep needs it to maintain.')
output WRITER_PRINCIPAL_ID string = identities.outputs.writerPrincipalId
@description('Service Bus namespace, for whoever listens to the topic of events.')
output SERVICE_BUS_NAMESPACE string = messaging.outputs.name
@description('Queue that Event Grid delivers to; cluster/main.bicep needs it.')
output INBOX_QUEUE_ID string = messaging.outputs.queueId
@description('Container for events that could not be delivered; cluster/main.bicep needs it.')
output DEAD_LETTER_CONTAINER string = storage.outputs.deadLetterContainer
@description('Storage account of that container.')
output STORAGE_ACCOUNT_ID string = storage.outputs.accountId
@description('Virtual network, to peer with those of private clusters; blank when networkAccess is public.')
output VIRTUAL_NETWORK_ID string = isPrivate ? network!.outputs.virtualNetworkId : ''
@description('Fixed address for authorized IP ranges; blank when networkAccess is public.')
output EGRESS_ADDRESS string = isPrivate ? network!.outputs.egressAddress : ''
