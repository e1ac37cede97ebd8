param location string
param tags object
param token string
@allowed(['scheduler', 'storage'])
param durableBackend string
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string
param readerPrincipalId string

var roles = loadJsonContent('../roles.json')
var deploymentContainerName = 'app-package'
var deadLetterContainerName = 'undelivered-events'
// The host keeps leases and keys in blobs; queues and tables only hold orchestrations of the storage backend.
var hostRoles = durableBackend == 'storage'
  ? [
      { name: 'Storage Blob Data Owner', why: 'Deployment package, host leases, and orchestrations\' large messages.' }
      { name: 'Storage Queue Data Contributor', why: 'Messages of orchestrations.' }
      { name: 'Storage Table Data Contributor', why: 'Histories of orchestrations.' }
    ]
  : [{ name: 'Storage Blob Data Owner', why: 'Deployment package and host leases.' }]

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: 'stslackwater${take(token, 12)}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      // Event Grid puts events it cannot deliver here, as a trusted service, when the account is closed to the public.
      bypass: 'AzureServices'
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource deploymentContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: deploymentContainerName
  properties: { publicAccess: 'None' }
}

resource deadLetterContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: deadLetterContainerName
  properties: { publicAccess: 'None' }
}

resource hostAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in hostRoles: {
  scope: account
  name: guid(account.id, readerPrincipalId, roles[role.name])
  properties: {
    description: 'Slackwater app: ${role.why}'
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[role.name])
  }
}]

output accountId string = account.id
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output tableEndpoint string = account.properties.primaryEndpoints.table
output deploymentContainer string = deploymentContainer.name
output deadLetterContainer string = deadLetterContainer.name
