targetScope = 'subscription'

metadata name = 'Slackwater, once in each subscription with clusters'
metadata description = 'The custom roles, and the reader\'s right to read. It changes nothing in any cluster.'

@description('Object id of the identity that reads: output READER_PRINCIPAL_ID of the installation.')
param readerPrincipalId string

resource readerRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'slackwater-reader')
  properties: {
    roleName: 'Slackwater Reader (${take(subscription().subscriptionId, 8)})'
    description: 'Reads AKS clusters and what is around them: quota, addresses, locks, the activity log. Writes nothing.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: [
          'Microsoft.Authorization/locks/read'
          'Microsoft.Compute/locations/usages/read'
          'Microsoft.ContainerService/managedClusters/agentPools/read'
          'Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles/read'
          'Microsoft.ContainerService/managedClusters/maintenanceConfigurations/read'
          'Microsoft.ContainerService/managedClusters/read'
          'Microsoft.ContainerService/managedClusters/upgradeProfiles/read'
          'Microsoft.Insights/eventtypes/values/read'
          'Microsoft.Network/virtualNetworks/read'
          'Microsoft.Network/virtualNetworks/usages/read'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource operatorRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'slackwater-operator')
  properties: {
    roleName: 'Slackwater Operator (${take(subscription().subscriptionId, 8)})'
    description: 'Upgrades AKS clusters and node pools and aborts upgrades. Azure has no action for an upgrade narrower than write; what a write may change is kept in the program.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: [
          'Microsoft.ContainerService/managedClusters/abort/action'
          'Microsoft.ContainerService/managedClusters/agentPools/abort/action'
          'Microsoft.ContainerService/managedClusters/agentPools/upgradeNodeImageVersion/action'
          'Microsoft.ContainerService/managedClusters/agentPools/write'
          'Microsoft.ContainerService/managedClusters/write'
          'Microsoft.Network/virtualNetworks/subnets/join/action'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource kubernetesReaderRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'slackwater-kubernetes-reader')
  properties: {
    roleName: 'Slackwater Kubernetes Reader (${take(subscription().subscriptionId, 8)})'
    description: 'Finds the API server of an AKS cluster and reads what a drain depends on: nodes, pods, budgets, who re-creates pods. No secrets, no writes.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: ['Microsoft.ContainerService/managedClusters/listClusterUserCredential/action']
        notActions: []
        dataActions: [
          'Microsoft.ContainerService/managedClusters/admissionregistration.k8s.io/mutatingwebhookconfigurations/read'
          'Microsoft.ContainerService/managedClusters/admissionregistration.k8s.io/validatingwebhookconfigurations/read'
          'Microsoft.ContainerService/managedClusters/apps/daemonsets/read'
          'Microsoft.ContainerService/managedClusters/apps/deployments/read'
          'Microsoft.ContainerService/managedClusters/apps/replicasets/read'
          'Microsoft.ContainerService/managedClusters/apps/statefulsets/read'
          'Microsoft.ContainerService/managedClusters/autoscaling/horizontalpodautoscalers/read'
          'Microsoft.ContainerService/managedClusters/batch/jobs/read'
          'Microsoft.ContainerService/managedClusters/events/read'
          'Microsoft.ContainerService/managedClusters/metrics/read'
          'Microsoft.ContainerService/managedClusters/namespaces/read'
          'Microsoft.ContainerService/managedClusters/nodes/read'
          'Microsoft.ContainerService/managedClusters/persistentvolumeclaims/read'
          'Microsoft.ContainerService/managedClusters/persistentvolumes/read'
          'Microsoft.ContainerService/managedClusters/pods/read'
          'Microsoft.ContainerService/managedClusters/policy/poddisruptionbudgets/read'
          'Microsoft.ContainerService/managedClusters/replicationcontrollers/read'
          'Microsoft.ContainerService/managedClusters/services/read'
          'Microsoft.ContainerService/managedClusters/storage.k8s.io/volumeattachments/read'
        ]
        notDataActions: []
      }
    ]
  }
}

resource readerAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, readerPrincipalId, 'slackwater-reader')
  properties: {
    description: 'Slackwater app: reads clusters and what is around them.'
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: readerRole.id
  }
}

@description('cluster/main.bicep needs these.')
output operatorRoleId string = operatorRole.id
output kubernetesReaderRoleId string = kubernetesReaderRole.id
