# Two images from one file:
#   docker build --target app -t pitwatch .             the app alone, small
#   docker build --target engine -t pitwatch-engine .   the engine, with everything it computes with
# Another package index: --build-arg PIP_OPTIONS="--index-url https://..."

FROM python:3.11-slim AS base
ARG PIP_OPTIONS=""
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PITWATCH_HOME=/var/pitwatch
RUN apt-get update && apt-get install -y --no-install-recommends libexpat1 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/pitwatch
COPY constraints.txt requirements-app.txt ./
RUN pip install --no-cache-dir ${PIP_OPTIONS} -r requirements-app.txt
RUN useradd --create-home pitwatch && mkdir -p ${PITWATCH_HOME} && chown pitwatch ${PITWATCH_HOME}
VOLUME ["/var/pitwatch"]

FROM base AS engine
COPY requirements.txt .
RUN pip install --no-cache-dir ${PIP_OPTIONS} -r requirements.txt
COPY engine engine
COPY store store
COPY areas areas
COPY models models
COPY locale locale
COPY static static
USER pitwatch
ENTRYPOINT ["python", "-m", "engine"]
CMD ["run", "areas/metropolitan", "areas/strzegom"]

FROM base AS app
COPY app.py navigation.py ./
COPY .streamlit .streamlit
COPY components components
COPY locale locale
COPY pages pages
COPY static static
COPY store store
COPY web web
COPY engine engine
USER pitwatch
EXPOSE 8501
# Inside a container the callers are the host's; who may reach the port is decided where it is published:
#   docker run -p 127.0.0.1:8501:8501 -v pitwatch:/var/pitwatch pitwatch
ENV PITWATCH_ALLOW=0.0.0.0/0,::/0
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health')"]
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0"]
