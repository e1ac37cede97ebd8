targetScope = 'resourceGroup'

metadata name = 'Slackwater, for one cluster'
metadata description = 'Deployed into the cluster\'s own resource group, after roles.bicep.'

@description('The cluster, in this resource group.')
param clusterName string

@description('Region of the cluster, where it is not that of its resource group; its topic of events has to lie there.')
param clusterLocation string = resourceGroup().location

@description('Output READER_PRINCIPAL_ID of the installation.')
param readerPrincipalId string

@description('Output WRITER_PRINCIPAL_ID of the installation; blank gives plans alone.')
param writerPrincipalId string = ''

@description('Output kubernetesReaderRoleId of roles.bicep; blank on a cluster without Entra ID, where a user\'s kubeconfig would be an administrator\'s.')
param kubernetesReaderRoleId string = ''

@description('Output operatorRoleId of roles.bicep.')
param operatorRoleId string

@description('Output INBOX_QUEUE_ID of the installation.')
param inboxQueueId string

@description('Output STORAGE_ACCOUNT_ID of the installation.')
param storageAccountId string

@description('Output DEAD_LETTER_CONTAINER of the installation.')
param deadLetterContainer string = 'undelivered-events'

@description('Event Grid system topic the cluster has already, in this resource group and with an identity; a source can have only one. Blank makes one.')
param existingTopicName string = ''

resource cluster 'Microsoft.ContainerService/managedClusters@2026-05-01' existing = {
  name: clusterName
}

resource readKubernetes 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(kubernetesReaderRoleId)) {
  scope: cluster
  name: guid(cluster.id, readerPrincipalId, 'slackwater-kubernetes-reader')
  properties: {
    description: 'Slackwater app: reads what drains of this cluster depend on.'
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: kubernetesReaderRoleId
  }
}

resource operate 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(writerPrincipalId)) {
  scope: cluster
  name: guid(cluster.id, writerPrincipalId, 'slackwater-operator')
  properties: {
    description: 'Slackwater writer: upgrades this cluster in its maintenance windows.'
    principalId: writerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: operatorRoleId
  }
}

resource newTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (empty(existingTopicName)) {
  name: 'evgt-${clusterName}'
  location: clusterLocation
  identity: { type: 'SystemAssigned' }
  properties: {
    source: cluster.id
    topicType: 'Microsoft.ContainerService.ManagedClusters'
  }
}

resource knownTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (!empty(existingTopicName)) {
  name: existingTopicName
}

module delivery 'delivery.bicep' = {
  name: 'slackwater-delivery-${uniqueString(cluster.id)}'
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
  name: 'slackwater-events-${uniqueString(cluster.id)}'
  params: {
    topicName: empty(existingTopicName) ? newTopic.name : existingTopicName
    eventTypes: [
      'Microsoft.ContainerService.NewKubernetesVersionAvailable'
      'Microsoft.ContainerService.ClusterSupportEnding'
      'Microsoft.ContainerService.ClusterSupportEnded'
      'Microsoft.ContainerService.NodePoolRollingStarted'
      'Microsoft.ContainerService.NodePoolRollingSucceeded'
      'Microsoft.ContainerService.NodePoolRollingFailed'
    ]
    queueId: inboxQueueId
    storageAccountId: storageAccountId
    containerName: deadLetterContainer
  }
  // Event Grid checks the right to deliver when the subscription is made.
  dependsOn: [delivery]
}
