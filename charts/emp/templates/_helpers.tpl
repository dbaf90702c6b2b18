{{- define "emp.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- /* The name changes with the content, so that a changed configuration restarts the runtime. */ -}}
{{- define "emp.configName" -}}
emp-config-{{ toYaml .Values.config | sha256sum | trunc 10 }}
{{- end -}}
