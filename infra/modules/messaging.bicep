param location string
param tags object
param token string
param queueName string
param topicName string
param readerPrincipalId string

var roles = loadJsonContent('../roles.json')

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-slackwater-${token}'
  location: location
  tags: tags
  // Duplicate detection and topics begin with Standard. It has no private endpoints, so what guards it is that only identities may enter.
  sku: {
    name: 'Standard'
    tier: 'Standard'
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

@description('Commands and events of AKS. No sessions: Event Grid cannot deliver to a queue that has them.')
resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: namespace
  name: queueName
  properties: {
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'PT1H'
    requiresSession: false
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
    defaultMessageTimeToLive: 'P7D'
    deadLetteringOnMessageExpiration: true
  }
}

@description('What Slackwater tells others; a repeat carries the same message id and is dropped.')
resource topic 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = {
  parent: namespace
  name: topicName
  properties: {
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'PT1H'
    defaultMessageTimeToLive: 'P7D'
    supportOrdering: false
  }
}

resource receiveInbox 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: queue
  name: guid(queue.id, readerPrincipalId, roles['Azure Service Bus Data Receiver'])
  properties: {
    description: 'Slackwater app: takes commands and events from the inbox.'
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles['Azure Service Bus Data Receiver'])
  }
}

resource sendInbox 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: queue
  name: guid(queue.id, readerPrincipalId, roles['Azure Service Bus Data Sender'])
  properties: {
    description: 'Slackwater app: puts verified webhooks into the inbox.'
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles['Azure Service Bus Data Sender'])
  }
}

resource sendEvents 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: topic
  name: guid(topic.id, readerPrincipalId, roles['Azure Service Bus Data Sender'])
  properties: {
    description: 'Slackwater app: tells others what happens.'
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles['Azure Service Bus Data Sender'])
  }
}

output name string = namespace.name
output namespaceId string = namespace.id
output host string = '${namespace.name}.servicebus.windows.net'
output queueId string = queue.id
