param location string
param tags object
param token string
@allowed(['Allow', 'Deny'])
param defaultAction string
@description('Public ranges that may enter although the vault is closed: where its key and secret are brought in from.')
param allowedRanges array
param readerPrincipalId string
param deployerPrincipalId string

var roles = loadJsonContent('../roles.json')
var ofTheApp = [
  { name: 'Key Vault Secrets User', why: 'Reads the webhook secret.' }
  { name: 'Key Vault Crypto User', why: 'Lets the key of the GitHub App sign; the key never leaves the vault.' }
]
var ofTheDeployer = empty(deployerPrincipalId)
  ? []
  : [
      { name: 'Key Vault Secrets Officer', why: 'Brings the webhook secret in.' }
      { name: 'Key Vault Crypto Officer', why: 'Brings the key of the GitHub App in.' }
    ]

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-slack-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: defaultAction
      ipRules: [for each in allowedRanges: { value: each }]
    }
  }
}

resource appAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in ofTheApp: {
  scope: vault
  name: guid(vault.id, readerPrincipalId, roles[role.name])
  properties: {
    description: 'Slackwater app: ${role.why}'
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[role.name])
  }
}]

resource deployerAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in ofTheDeployer: {
  scope: vault
  name: guid(vault.id, deployerPrincipalId, roles[role.name])
  properties: {
    description: 'Slackwater, whoever deploys it: ${role.why}'
    principalId: deployerPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[role.name])
  }
}]

output name string = vault.name
output vaultId string = vault.id
output uri string = vault.properties.vaultUri
