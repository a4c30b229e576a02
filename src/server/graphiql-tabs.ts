const welcome = `# Attune: search that learns from what people do.
#
# 1. Put your API key into the "Headers" tab below.
#    The server printed one at its first start.
# 2. Press play. The id is what the other tabs ask for.
#
# Every field has a description: point at it, or open
# the docs at the top left.

query Retrievers {
  retrievers {
    nodes {
      id
      retrieverName
      version
    }
  }
}
`;

const search = `# Every hit says why it stands where it stands.
query Search(
  $retrieverId: ID!
  $query: String!
  $userId: String
) {
  search(
    input: {
      retrieverId: $retrieverId
      inputs: { query: $query }
      userId: $userId
    }
  ) {
    executionId
    contextLevel
    weights {
      featureUri
      weight
    }
    hits {
      position
      documentId
      score
      features {
        featureUri
        rank
        normalizedScore
        weight
        contribution
      }
    }
  }
}

# What the user did with the hit at a position.
mutation Click($executionId: ID!, $position: Int!) {
  recordInteraction(
    input: {
      executionId: $executionId
      position: $position
      interactionTypes: [CLICK]
    }
  ) {
    ... on RecordInteractionPayload {
      duplicate
    }
    ... on Error {
      code
      message
    }
  }
}
`;

const watch = `# The weights as they are now, and again whenever
# someone's click moves them.
subscription Watch(
  $retrieverId: ID!
  $segment: String
) {
  learnedWeights(
    retrieverId: $retrieverId
    segment: $segment
  ) {
    version
    contextLevel
    interactions
    weights {
      featureUri
      weight
      low
      high
      probabilityBest
    }
  }
}
`;

const learn = `# From static weights to learned ones. The features are
# those of the demo: put yours in their place.
mutation SwitchToLearned($retrieverId: ID!) {
  updateRetriever(
    input: {
      retrieverId: $retrieverId
      stages: [
        {
          featureSearch: {
            searches: [
              {
                featureUri: "attune://lexical@v1/bm25"
                query: "{{INPUT.query}}"
              }
              {
                featureUri: "attune://text@v1/minilm_l6_v2"
                query: "{{INPUT.query}}"
              }
            ]
            fusion: LEARNED
          }
        }
      ]
    }
  ) {
    ... on UpdateRetrieverPayload {
      retriever {
        version
      }
    }
    ... on Error {
      code
      message
    }
  }
}

# Does it still explore, has it converged, do segments differ?
query Monitor($retrieverId: ID!) {
  retrieverPerformance(retrieverId: $retrieverId) {
    searches
    ctrAt1
    convergence {
      contextLevel
      text
    }
  }
}
`;

const evaluate = `# 1. Queries judged by what people clicked,
#    corrected for where it stood.
mutation JudgeByClicks($retrieverId: ID!) {
  generateEvaluationDataset(
    input: { retrieverId: $retrieverId }
  ) {
    ... on EvaluationDatasetPayload {
      dataset {
        id
        queryCount
      }
    }
    ... on Error {
      code
      message
    }
  }
}

# 2. Once with "fusion": "RRF", once without.
mutation Evaluate(
  $retrieverId: ID!
  $datasetId: ID!
  $fusion: Fusion
) {
  runEvaluation(
    input: {
      retrieverId: $retrieverId
      datasetId: $datasetId
      fusion: $fusion
    }
  ) {
    ... on RunEvaluationPayload {
      evaluation {
        id
        status
      }
    }
    ... on Error {
      code
      message
    }
  }
}

# 3. Which is better, and how sure is that?
query Compare($baselineId: ID!, $candidateId: ID!) {
  compareEvaluations(
    baselineId: $baselineId
    candidateId: $candidateId
  ) {
    verdict
    summary
  }
}
`;

const rollOut = `# Half of the people, and a tenth of all who never
# get it, to compare with.
mutation RollOut($retrieverId: ID!) {
  updateRollout(
    input: {
      retrieverId: $retrieverId
      rolloutPct: 50
      controlPct: 10
    }
  ) {
    ... on UpdateRolloutPayload {
      rollout {
        rolloutPct
        controlPct
      }
    }
    ... on Error {
      code
      message
    }
  }
}

# Off within a second, on every server.
mutation Kill($retrieverId: ID!, $reason: String!) {
  killLearnedFusion(
    input: { retrieverId: $retrieverId, reason: $reason }
  ) {
    ... on KillLearnedFusionPayload {
      rollout {
        killed {
          at
          reason
        }
      }
    }
    ... on Error {
      code
      message
    }
  }
}
`;

const json = (value: object) => JSON.stringify(value, null, 2);

/** What goes with every tab. */
export const headers = json({ Authorization: 'Bearer <your key>' });

/** The tutorial's way, from the first look to the kill switch; the first is what GraphiQL opens with. */
export const tabs: readonly { query: string; variables?: string; headers: string }[] = [
  { query: welcome, headers },
  {
    query: search,
    variables: json({ retrieverId: '', query: 'trail kettle', userId: 'ann', executionId: '', position: 0 }),
    headers,
  },
  { query: watch, variables: json({ retrieverId: '', segment: 'gearheads' }), headers },
  { query: learn, variables: json({ retrieverId: '' }), headers },
  {
    query: evaluate,
    variables: json({ retrieverId: '', datasetId: '', fusion: 'RRF', baselineId: '', candidateId: '' }),
    headers,
  },
  { query: rollOut, variables: json({ retrieverId: '', reason: 'trying the brakes' }), headers },
];
