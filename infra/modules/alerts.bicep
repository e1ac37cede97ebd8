param location string
param tags object
@description('Blank: alerts only show in the portal.')
param email string
param workspaceId string
param serviceBusNamespaceId string
param queueName string

var actionGroups = empty(email) ? [] : [people.id]

// Every query gives one number, so that silence counts too.
var rules = [
  {
    name: 'orchestration-failed'
    says: 'A Slackwater orchestration failed. Its run stands still until somebody looks: see the failures in the workbook.'
    severity: 1
    every: 'PT5M'
    looksBack: 'PT5M'
    query: 'union isfuzzy=true AppTraces, AppExceptions | extend text = coalesce(column_ifexists("Message", ""), column_ifexists("OuterMessage", "")) | where text has "FunctionType: Orchestrator" and text has "State: Failed" | summarize number = count()'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'run-over-budget'
    says: 'A run was still at work when its window closed. Azure lets the started pool finish; nothing more is started.'
    severity: 2
    every: 'PT5M'
    looksBack: 'PT5M'
    query: 'AppTraces | where Message has "event.told" and Message has "window.overrun" | summarize number = count()'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'webhook-5xx'
    says: 'The webhook answered GitHub with an error. GitHub does not repeat by itself; Slackwater asks it to, once it can.'
    severity: 2
    every: 'PT5M'
    looksBack: 'PT5M'
    query: 'AppRequests | where Name has "githubWebhook" and toint(ResultCode) >= 500 | summarize number = count()'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'no-tick'
    says: 'For 30 minutes Slackwater has not looked at all windows without a fault: one or none of them opens. See the failures in the workbook.'
    severity: 1
    every: 'PT10M'
    looksBack: 'PT30M'
    query: 'AppRequests | where Name has "windowTimer" and Success | summarize number = count()'
    operator: 'LessThan'
    threshold: 1
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-slackwater'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'slackwater'
    enabled: true
    emailReceivers: [{ name: 'people', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'slackwater-dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'A message could not be handled and lies among the dead letters of the inbox.'
    severity: 2
    enabled: true
    scopes: [serviceBusNamespaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead-letters'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: [queueName] }]
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [for id in actionGroups: { actionGroupId: id }]
  }
}

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: 'slackwater-${rule.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'slackwater-${rule.name}'
    description: rule.says
    severity: rule.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: rule.every
    windowSize: rule.looksBack
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: rule.query
          metricMeasureColumn: 'number'
          timeAggregation: 'Total'
          operator: rule.operator
          threshold: rule.threshold
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: actionGroups }
  }
}]
