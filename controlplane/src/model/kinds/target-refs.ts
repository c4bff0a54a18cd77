const refusal = {
  // A gateway here is an Envoy that a Gateway of Istio's own selects, and waypoints are of the ambient mode.
  reason: "it names Gateways of Kubernetes' Gateway API, or services behind a waypoint, and there are none here",
  fix: "use selector.matchLabels, with the labels of the workload or of the gateway's own",
};

/** Istio: PolicyTargetReference, which nothing here can be meant by. */
export const TARGET_REFS = { targetRef: refusal, targetRefs: refusal };
