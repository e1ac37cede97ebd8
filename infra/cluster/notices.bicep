targetScope = 'resourceGroup'

metadata name = 'Slackwater, for the notices of one subscription'
metadata description = 'Optional, once in each subscription with clusters, into any resource group of it: what Azure announces of AKS clusters (its own upgrades, the end of support) goes to the inbox.'

@description('Output INBOX_QUEUE_ID of the installation.')
param inboxQueueId string

@description('Output STORAGE_ACCOUNT_ID of the installation.')
param storageAccountId string

@description('Output DEAD_LETTER_CONTAINER of the installation.')
param deadLetterContainer string = 'undelivered-events'

@description('Event Grid system topic of AKS notices the subscription has already, in this resource group and with an identity; a source can have only one. Blank makes one.')
param existingTopicName string = ''

resource newTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (empty(existingTopicName)) {
  name: 'evgt-aks-notices'
  location: 'global'
  identity: { type: 'SystemAssigned' }
  properties: {
    source: subscription().id
    topicType: 'Microsoft.ResourceNotifications.ContainerServiceEventResources'
  }
}

resource knownTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (!empty(existingTopicName)) {
  name: existingTopicName
}

module delivery 'delivery.bicep' = {
  name: 'slackwater-delivery-${uniqueString(subscription().id)}'
  scope: resourceGroup(split(inboxQueueId, '/')[2], split(inboxQueueId, '/')[4])
  params: {
    topicPrincipalId: empty(existingTopicName) ? newTopic!.identity.principalId : knownTopic!.identity.principalId
    namespaceName: split(inboxQueueId, '/')[8]
    queueName: last(split(inboxQueueId, '/'))
    storageAccountName: last(split(storageAccountId, '/'))
    containerName: deadLetterContainer
  }
}

module events 'events.bicep' = {
  name: 'slackwater-notices'
  params: {
    topicName: empty(existingTopicName) ? newTopic.name : existingTopicName
    eventTypes: ['Microsoft.ResourceNotifications.ContainerServiceEventResources.ScheduledEventEmitted']
    queueId: inboxQueueId
    storageAccountId: storageAccountId
    containerName: deadLetterContainer
  }
  // Event Grid checks the right to deliver when the subscription is made.
  dependsOn: [delivery]
}
