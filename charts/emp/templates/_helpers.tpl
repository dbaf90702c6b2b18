{{- define "emp.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- /* These names change with the content, so that a changed configuration or policy restarts the runtime. */ -}}
{{- define "emp.configName" -}}
emp-config-{{ toYaml .Values.config | sha256sum | trunc 10 }}
{{- end -}}

{{- define "emp.pointerName" -}}
emp-policy-{{ toYaml .Values.policy | sha256sum | trunc 10 }}
{{- end -}}
