/** What `helm install` says when it is done. */

export const notes = `EMP is installed in {{ .Release.Namespace }}, in {{ .Values.mode }} mode, as environment "{{ .Values.config.environment }}".

The runtime starts once the namespace holds the ConfigMap emp-trust (trust.json: the keys that may approve).
{{- if eq .Values.policy.digest "" }}
No policy is approved here: it watches the market and trades nothing.
{{- else }}
{{- $name := .Values.policy.digest | trimPrefix "sha256:" | trunc 12 }}
It trades policy {{ $name }}, whose files are an object of their own, so that an earlier policy stays for a rollback.
Unless it is there already, from the root of the commit that approves it:

  kubectl --namespace {{ .Release.Namespace }} create configmap emp-policy-{{ $name }} \\
    --from-file=policy.yaml=environments/{{ .Values.config.environment }}/policy.yaml{{ if eq .Values.policy.image "" }} \\
    --from-file=policies/approved/{{ $name }}{{ end }}
{{- end }}

  kubectl --namespace {{ .Release.Namespace }} rollout status statefulset/emp-runtime
  kubectl --namespace {{ .Release.Namespace }} port-forward service/emp-runtime {{ .Values.config.http.port | int }}
  curl http://127.0.0.1:{{ .Values.config.http.port | int }}/readyz
{{- if .Values.viewer.enabled }}
  kubectl --namespace {{ .Release.Namespace }} port-forward service/emp-viewer {{ .Values.viewer.port | int }}
{{- end }}
  helm --namespace {{ .Release.Namespace }} test {{ .Release.Name }}
`;
