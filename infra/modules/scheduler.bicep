param location string
param tags object
param token string
@allowed(['Consumption', 'Dedicated'])
param sku string
@description('Used by Dedicated alone.')
param capacityUnits int
@description('Public ranges that may connect; an empty list lets nobody in from there.')
param allowedRanges array
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string
param completedRetentionDays int
param failedRetentionDays int
param readerPrincipalId string
param deployerPrincipalId string

var roles = loadJsonContent('../roles.json')

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: 'dts-slackwater-${token}'
  location: location
  tags: tags
  properties: {
    ipAllowlist: allowedRanges
    publicNetworkAccess: publicNetworkAccess
    sku: sku == 'Dedicated' ? { name: sku, capacity: capacityUnits } : { name: sku }
  }
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' = {
  parent: scheduler
  name: 'slackwater'
}

resource retention 'Microsoft.DurableTask/schedulers/retentionPolicies@2026-02-01' = {
  parent: scheduler
  name: 'default'
  properties: {
    retentionPolicies: [
      { orchestrationState: 'Completed', retentionPeriodInDays: completedRetentionDays }
      { orchestrationState: 'Failed', retentionPeriodInDays: failedRetentionDays }
      { orchestrationState: 'Terminated', retentionPeriodInDays: failedRetentionDays }
      { orchestrationState: 'Canceled', retentionPeriodInDays: failedRetentionDays }
    ]
  }
}

resource runOrchestrations 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: scheduler
  name: guid(scheduler.id, readerPrincipalId, roles['Durable Task Data Contributor'])
  properties: {
    description: 'Slackwater app: runs orchestrations.'
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles['Durable Task Data Contributor'])
  }
}

resource seeDashboard 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  scope: scheduler
  name: guid(scheduler.id, deployerPrincipalId, roles['Durable Task Data Contributor'])
  properties: {
    description: 'Slackwater: whoever deployed it opens the scheduler\'s dashboard.'
    principalId: deployerPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles['Durable Task Data Contributor'])
  }
}

output schedulerId string = scheduler.id
output endpoint string = scheduler.properties.endpoint
output taskHubName string = taskHub.name
